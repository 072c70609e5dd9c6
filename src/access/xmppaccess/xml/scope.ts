/** Which namespaces are meant, element by element. */
import { StreamFault } from './fault.ts'

export type Scope = Readonly<Record<string, string>>

export const outermost: Scope = { '': '', xml: 'http://www.w3.org/XML/1998/namespace' }

export interface Named {
  name: string
  ns: string
  attrs: Record<string, string>
  scope: Scope
}

/** The name of an element and its attributes, by what it and those around it declare. */
export function named(name: string, attrs: Record<string, string>, around: Scope): Named {
  let scope = around
  let own = attrs
  for (const key of Object.keys(attrs)) {
    const declared = key === 'xmlns' ? '' : key.startsWith('xmlns:') ? key.slice(6) : undefined
    if (declared === undefined) continue
    if (own === attrs) own = Object.assign(Object.create(null), attrs)
    if (scope === around) scope = Object.assign(Object.create(null), around)
    ;(scope as Record<string, string>)[declared] = attrs[key]!
    delete own[key]
  }
  const colon = name.indexOf(':')
  const ns = scope[colon < 0 ? '' : name.slice(0, colon)]
  if (ns === undefined) throw new StreamFault('not-well-formed', 'a prefix that was not declared')
  return { name: name.slice(colon + 1), ns, attrs: own, scope }
}
