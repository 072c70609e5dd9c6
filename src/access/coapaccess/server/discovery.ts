/** /.well-known/core (RFC 6690 §4): the links, or those that a query chooses. */
import type { Option } from '../message/message.ts'
import { answer, format, option } from '../message/numbers.ts'
import type { Resource, Resources } from './resource.ts'

export const WELL_KNOWN = '.well-known/core'

export function discovery(resources: () => Resources): Resource {
  return {
    GET: {
      handle: (ex) =>
        ex.respond({
          code: answer.content,
          format: format.link,
          payload: Buffer.from(links(resources(), filterOf(ex.options))),
        }),
    },
  }
}

/** undefined: all. */
function filterOf(options: readonly Option[]): { name: string; value: string } | undefined {
  const query = options.find((o) => o.no === option.uriQuery)
  if (query === undefined) return undefined
  const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(Buffer.from(query.value).toString('utf8'))!
  return { name, value }
}

const ATTRIBUTE = /([a-z-]+)(?:=(?:"([^"]*)"|([^;]*)))?/g

function links(resources: Resources, filter: { name: string; value: string } | undefined): string {
  const found: string[] = []
  for (const [path, { link }] of resources) {
    if (link === undefined || (filter && !matches(path, link, filter.name, filter.value))) continue
    found.push(`</${path}>${link === '' ? '' : `;${link}`}`)
  }
  return found.join(',')
}

/** A value may end with `*`; attributes of several words match by each (§4.1). */
function matches(path: string, link: string, name: string, value: string): boolean {
  const fits = (v: string) => (value.endsWith('*') ? v.startsWith(value.slice(0, -1)) : v === value)
  if (name === 'href') return fits(`/${path}`)
  for (const [, attribute, quoted, plain] of link.matchAll(ATTRIBUTE)) {
    if (attribute === name) return (quoted ?? plain ?? '').split(' ').some(fits)
  }
  return false
}
