(class_declaration name: (identifier) @name) @definition.class
(interface_declaration name: (identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(record_declaration name: (identifier) @name) @definition.record
(method_declaration name: (identifier) @name) @definition.function
(constructor_declaration name: (identifier) @name) @definition.function
(superclass (_) @base)
(super_interfaces (type_list (_) @base))
(extends_interfaces (type_list (_) @base))
(class_declaration (modifiers [(marker_annotation) (annotation)] @decorator))
(method_declaration (modifiers [(marker_annotation) (annotation)] @decorator))

[(method_invocation) (object_creation_expression) (explicit_constructor_invocation)] @call

(field_access object: (this)) @field
(field_declaration declarator: (variable_declarator name: (identifier) @member))
(local_variable_declaration declarator: (variable_declarator name: (identifier) @variable))
(formal_parameter name: (identifier) @variable)
(lambda_expression parameters: (identifier) @variable)
(inferred_parameters (identifier) @variable)
(enhanced_for_statement name: (identifier) @variable)

(field_declaration) @typed
(local_variable_declaration) @hint
(formal_parameter) @hint

(synchronized_statement (parenthesized_expression) @target) @sync.lock.with @suspension.blocking
(method_declaration (modifiers "synchronized")) @sync.lock.with.this
(enhanced_for_statement value: (_) @iterated)
(throw_statement (object_creation_expression type: (_) @exception)) @raise
(throw_statement (identifier) @exception)
(throw_statement) @raise
(catch_clause (catch_formal_parameter (catch_type (_) @exception))) @catch
(finally_clause) @finally
(assert_statement) @assertion
