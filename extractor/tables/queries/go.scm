(function_declaration name: (identifier) @name) @definition.function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: (_) @holder))
  name: (field_identifier) @name) @definition.function
(method_elem name: (field_identifier) @name) @definition.function
(type_spec name: (type_identifier) @name type: (struct_type)) @definition.struct
(type_spec name: (type_identifier) @name type: (interface_type)) @definition.interface
(field_declaration !name type: (_) @base)
(interface_type (type_elem (_) @base))

(call_expression) @call

(method_declaration receiver: (parameter_list (parameter_declaration name: (identifier) @receiver)))
(parameter_declaration name: (identifier) @receiver type: (pointer_type))
(selector_expression operand: (identifier)) @field
(parameter_declaration name: (identifier) @variable)
(var_spec name: (identifier) @variable)
(short_var_declaration left: (expression_list (identifier) @variable))
(range_clause left: (expression_list (identifier) @variable))

(field_declaration name: (_)) @typed
(var_spec) @typed
(short_var_declaration) @typed
(parameter_declaration) @hint

(send_statement channel: (_) @target) @sync.channel.use @suspension.blocking
(unary_expression "<-" operand: (_) @target) @sync.channel.wait @suspension.blocking
(select_statement) @suspension.blocking @nondeterminism.select
(go_statement) @nondeterminism.gather
(range_clause right: (_) @iterated)
(defer_statement) @finally
