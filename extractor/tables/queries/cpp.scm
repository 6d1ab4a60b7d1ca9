(function_definition
  declarator: (function_declarator
    declarator: [(field_identifier) (qualified_identifier) (destructor_name) (operator_name)] @name)) @definition.function
(function_definition
  declarator: (pointer_declarator
    declarator: (function_declarator
      declarator: [(field_identifier) (qualified_identifier) (operator_name)] @name))) @definition.function
(function_definition
  declarator: (reference_declarator
    (function_declarator
      declarator: [(identifier) (field_identifier) (qualified_identifier) (operator_name)] @name))) @definition.function
(class_specifier name: (_) @name body: (_)) @definition.class
(base_class_clause [(type_identifier) (qualified_identifier) (template_type)] @base)
(namespace_definition name: (namespace_identifier) @namespace)

(new_expression) @call
(co_await_expression (call_expression) @awaited)

(field_expression argument: (this)) @field
(field_declaration declarator: (field_identifier) @member)
(field_declaration declarator: (pointer_declarator declarator: (field_identifier) @member))
(field_declaration declarator: (array_declarator declarator: (field_identifier) @member))
(parameter_declaration declarator: (reference_declarator (identifier) @variable))
(init_declarator declarator: (reference_declarator (identifier) @variable))
(for_range_loop declarator: (identifier) @variable)
(for_range_loop declarator: (reference_declarator (identifier) @variable))

(declaration
  type: (_) @_guard
  (#match? @_guard "(lock_guard|unique_lock|scoped_lock|shared_lock|MutexLock|MutexGuard)")) @sync.lock.with @suspension.blocking
(declaration
  type: (_) @_thread
  declarator: [(init_declarator declarator: (identifier)) (function_declarator)]
  (#match? @_thread "^(std::)?j?thread$")) @nondeterminism.gather
(co_await_expression) @suspension.await
(co_yield_statement) @suspension.yield
(for_range_loop right: (_) @iterated)
(throw_statement (call_expression function: (_) @exception)) @raise
(throw_statement (identifier) @exception)
(throw_statement) @raise
(catch_clause parameters: (parameter_list (parameter_declaration type: (_) @exception))) @catch
(catch_clause) @catch
(static_assert_declaration) @assertion

; An empty body with a semicolon behind it, void f() {}; is taken for a declaration with a first value.
(declaration
  declarator: (init_declarator
    declarator: (function_declarator declarator: [(identifier) (qualified_identifier)] @name)
    value: (initializer_list))) @definition.function
