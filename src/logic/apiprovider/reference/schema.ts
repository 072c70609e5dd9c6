/** A JSON schema for people: as a type, and as an example to begin with. */
import { type Html, html } from './escape.ts'

export interface Schema {
  $ref?: string
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  patternProperties?: Record<string, Schema>
  required?: string[]
  description?: string
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
}

export const nameOf = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1)

/** `{ name: text of 1 to 128, scope?: … }`; components are links to their place on the page. */
export function typeOf(s: Schema, indent = 0): Html {
  if (s.$ref !== undefined) return html`<a href="#type-${nameOf(s.$ref)}">${nameOf(s.$ref)}</a>`
  if (s.enum) return html`${s.enum.map((v) => JSON.stringify(v)).join(' | ')}`
  if (s.anyOf) return html`${s.anyOf.map((one, i) => html`${i > 0 && ' | '}${typeOf(one, indent)}`)}`
  if ('const' in s) return html`${JSON.stringify(s.const)}`
  if (s.type === 'array') return html`[${typeOf(s.items ?? {}, indent)}, …]`
  if (s.properties) return objectOf(s, indent)
  if (s.patternProperties) return html`{ [name]: ${typeOf(Object.values(s.patternProperties)[0]!, indent)} }`
  return html`${s.type ?? 'anything'}${bounds(s)}`
}

function objectOf({ properties = {}, required = [] }: Schema, indent: number): Html {
  const pad = '  '.repeat(indent + 1)
  const must = new Set(required)
  const lines = Object.entries(properties).map(([name, of]) => {
    const about = of.description !== undefined && html` <i>${of.description}</i>`
    return html`${pad}${name}${!must.has(name) && '?'}: ${typeOf(of, indent + 1)}${about}\n`
  })
  return html`{\n${lines}${'  '.repeat(indent)}}`
}

function bounds(s: Schema): string {
  const [min, max] = s.type === 'string' ? [s.minLength, s.maxLength] : [s.minimum, s.maximum]
  const range = min === undefined && max === undefined ? '' : ` ${min ?? ''}…${max ?? ''}`
  return s.pattern === undefined ? range : `${range} ${s.pattern}`
}

/** The least that the schema takes; all of it where nothing must be. */
export function exampleOf(s: Schema, components: Record<string, Schema>): unknown {
  if (s.$ref !== undefined) return exampleOf(components[nameOf(s.$ref)] ?? {}, components)
  if (s.enum) return s.enum[0]
  if (s.anyOf) return exampleOf(s.anyOf[0] ?? {}, components)
  if ('const' in s) return s.const
  switch (s.type) {
    case 'object': {
      const names = s.required?.length ? s.required : Object.keys(s.properties ?? {})
      return Object.fromEntries(names.map((name) => [name, exampleOf(s.properties?.[name] ?? {}, components)]))
    }
    case 'array':
      return []
    case 'string':
      return ''
    case 'integer':
    case 'number':
      return s.minimum ?? 0
    case 'boolean':
      return false
    default:
      return {}
  }
}
