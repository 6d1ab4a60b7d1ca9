(class_declaration name: (type_identifier) @name) @definition.class
(abstract_class_declaration name: (type_identifier) @name) @definition.class
(class name: (type_identifier) @name) @definition.class
(interface_declaration name: (type_identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(internal_module name: (_) @name) @container
(function_declaration name: (identifier) @name) @definition.function
(generator_function_declaration name: (identifier) @name) @definition.function
(method_definition name: (_) @name) @definition.function
(method_signature name: (_) @name) @definition.function
(abstract_method_signature name: (_) @name) @definition.function
(variable_declarator
  name: (identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) @definition.function
(public_field_definition
  name: (_) @name
  value: [(arrow_function) (function_expression)]) @definition.function
(extends_clause value: (_) @base)
(implements_clause (_) @base)
(extends_type_clause (_) @base)
(class_declaration decorator: (decorator) @decorator)

[(call_expression) (new_expression)] @call
(await_expression (call_expression) @awaited)

(member_expression object: (this)) @field
(variable_declarator name: (identifier) @variable)
(required_parameter pattern: (identifier) @variable)
(optional_parameter pattern: (identifier) @variable)

(public_field_definition) @typed
(variable_declarator) @typed
(assignment_expression left: (member_expression) right: (new_expression)) @typed
(required_parameter) @hint

(await_expression) @suspension.await
(yield_expression) @suspension.yield
(for_in_statement "await" right: (_) @suspension.async-for)
(throw_statement (new_expression constructor: (_) @exception)) @raise
(throw_statement (identifier) @exception)
(throw_statement) @raise
(catch_clause) @catch
(finally_clause) @finally
