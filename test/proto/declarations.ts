import protobuf from 'protobufjs'

/** What a namespace declares, as the lines of fields.txt: `message` or `enum` with its name, then one line a member. */
export function declarations(namespace: protobuf.NamespaceBase): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const object of within(namespace)) {
    if (object instanceof protobuf.Enum) found.set(`enum ${name(object)}`, members(object))
    else if (object instanceof protobuf.Type) found.set(`message ${name(object)}`, fields(object))
  }
  return found
}

/** Everything in a namespace, at any depth. */
export function within(namespace: protobuf.NamespaceBase): protobuf.ReflectionObject[] {
  return namespace.nestedArray.flatMap((object) =>
    object instanceof protobuf.Namespace ? [object, ...within(object)] : [object],
  )
}

/** The name without the package. */
export function name(object: protobuf.ReflectionObject): string {
  return object.fullName.replace(/^\.tensorflow\./, '')
}

/** Whether several values of the field stand in one record. */
export function packed(field: protobuf.FieldBase): boolean {
  const packable = field.resolvedType instanceof protobuf.Enum || field.type in protobuf.types.packed
  return field.repeated && packable && field.options?.packed === true
}

function members(declared: protobuf.Enum): string[] {
  return Object.entries(declared.values).map(([label, value]) => `${value} ${label}`)
}

function fields(type: protobuf.Type): string[] {
  const lines = [...type.fieldsArray].sort((a, b) => a.id - b.id).map(line)
  const reserved = (type.reserved ?? []).map((range) => (Array.isArray(range) ? range[0] : range))
  return reserved.length ? [...lines, `reserved ${reserved.join(', ')}`] : lines
}

function line(field: protobuf.Field): string {
  const type = field.resolvedType ? name(field.resolvedType) : field.type
  const words = [String(field.id), field.name]
  const optional = field.options?.proto3_optional === true
  if (optional) words.push('optional')
  if (field.map) words.push(`map<${(field as unknown as protobuf.MapField).keyType}, ${type}>`)
  else words.push(...(field.repeated ? ['repeated', type] : [type]))
  if (packed(field)) words.push('packed')
  if (field.options?.deprecated) words.push('deprecated')
  if (field.partOf && !optional) words.push(`oneof ${field.partOf.name}`)
  return words.join(' ')
}
