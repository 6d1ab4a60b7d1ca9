(function_item name: (identifier) @name) @definition.function
(function_signature_item name: (identifier) @name) @definition.function
(struct_item name: (type_identifier) @name) @definition.struct
(union_item name: (type_identifier) @name) @definition.union
(enum_item name: (type_identifier) @name) @definition.enum
(trait_item name: (type_identifier) @name) @definition.trait
(trait_item bounds: (trait_bounds (type_identifier) @base))
(impl_item type: (_) @name) @container
(mod_item name: (identifier) @name body: (_)) @container

[(call_expression) (macro_invocation)] @call
(await_expression (call_expression) @awaited)

(field_expression value: [(self) (identifier)]) @field
(let_declaration
  pattern: (identifier) @guarded
  value: (_) @_guard
  (#match? @_guard "\\.(lock|read|write|borrow_mut|lock_arc|upgradable_read)\\(\\)[^;{]{0,40}$"))
(static_item name: (identifier) @variable)
(let_declaration pattern: (identifier) @variable)
(parameter pattern: (identifier) @variable)

(field_declaration) @typed
(static_item) @typed
(let_declaration) @typed
(parameter) @hint

(await_expression) @suspension.await
(yield_expression) @suspension.yield
(macro_invocation macro: (_) @_macro (#match? @_macro "select(_biased)?$")) @suspension.blocking @nondeterminism.select
(for_expression value: (_) @iterated)
(try_expression "?" @exception) @raise
