(function_definition
  declarator: (function_declarator declarator: (identifier) @name)) @definition.function
(function_definition
  declarator: (pointer_declarator
    declarator: (function_declarator declarator: (identifier) @name))) @definition.function
(function_definition
  declarator: (pointer_declarator
    declarator: (pointer_declarator
      declarator: (function_declarator declarator: (identifier) @name)))) @definition.function
(struct_specifier name: (_) @name body: (_)) @definition.struct
(union_specifier name: (_) @name body: (_)) @definition.union
(enum_specifier name: (_) @name body: (_)) @definition.enum
(type_definition type: (struct_specifier !name body: (_)) declarator: (type_identifier) @name) @definition.struct
(type_definition type: (union_specifier !name body: (_)) declarator: (type_identifier) @name) @definition.union
(type_definition type: (enum_specifier !name body: (_)) declarator: (type_identifier) @name) @definition.enum

(call_expression) @call

(parameter_declaration
  type: [(struct_specifier) (type_identifier)]
  declarator: (pointer_declarator declarator: (identifier) @receiver))
(field_expression argument: [(identifier) (parenthesized_expression)]) @field
(declaration declarator: (identifier) @variable)
(declaration declarator: (pointer_declarator declarator: (identifier) @variable))
(declaration declarator: (array_declarator declarator: (identifier) @variable))
(init_declarator declarator: (identifier) @variable)
(init_declarator declarator: (pointer_declarator declarator: (identifier) @variable))
(init_declarator declarator: (array_declarator declarator: (identifier) @variable))
(parameter_declaration declarator: (identifier) @variable)
(parameter_declaration declarator: (pointer_declarator declarator: (identifier) @variable))

(field_declaration) @typed
(declaration) @typed
(parameter_declaration) @hint
