/** The body of a device's request, read as the old cloud read it: forgiving, since a device that is misread is lost. */

/** name → what type its value must have */
export type FieldTypes = Readonly<Record<string, 'string' | 'number'>>
export type Fields<T extends FieldTypes> = { [K in keyof T]?: T[K] extends 'string' ? string : number }

/**
 * Known fields of a JSON object. As with Go's decoder: names in any case, unknown ones ignored, a value of another type counts as
 * missing (the others still count), text after the object is ignored, what isn't a JSON object has no fields.
 */
export function readFields<const T extends FieldTypes>(body: Buffer, types: T): Fields<T> {
  const found: Record<string, unknown> = {}
  const value = parseFirst(body.toString('utf8'))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return found as Fields<T>
  for (const [key, v] of Object.entries(value)) {
    const name = key.toLowerCase()
    if (Object.hasOwn(types, name) && typeof v === types[name]) found[name] = v
  }
  return found as Fields<T>
}

function parseFirst(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const end = endOfObject(text)
    if (end === undefined || end === text.length) return undefined
  }
  try {
    return JSON.parse(text.slice(0, endOfObject(text)))
  } catch {
    return undefined
  }
}

/** Where the object that the text begins with ends. */
function endOfObject(text: string): number | undefined {
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (quoted) {
      if (c === '\\') i++
      else if (c === '"') quoted = false
    } else if (c === '"') quoted = true
    else if (c === '{' || c === '[') depth++
    else if ((c === '}' || c === ']') && --depth <= 0) return i + 1
  }
  return undefined
}
