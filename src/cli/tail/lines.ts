/** What came, as a line. */
import { type Cause, causes } from '#contracts/causes.ts'
import type { HistoryItem, TailItem } from '#contracts/controller.ts'
import { itemJson } from '#contracts/historytext.ts'

/** Identifiers by id. */
export type Named = Map<number, string>

export function lineOf(item: TailItem, known: Named, json: boolean): string {
  const { deviceId, productId, ...said } = item
  const device = known.get(deviceId) ?? `device ${deviceId}`
  if (!json) return `${new Date(said.at).toISOString()} ${device} ${textOf(said)}\n`
  const head = JSON.stringify({ device: known.get(deviceId) ?? null, device_id: deviceId, product_id: productId })
  return `${head.slice(0, -1)},${itemJson(said).slice(1)}\n`
}

type Said = Pick<HistoryItem, 'name' | 'no' | 'cause' | 'reason' | 'values' | 'params'> &
  Pick<TailItem, 'kind' | 'command' | 'state' | 'why'>

/** A record in words: its kind, what it is called, what it says. */
export function textOf(item: Said): string {
  const kind = item.kind === 'commandState' ? 'command' : item.kind
  const parts = [kind.padEnd(11), item.command, calledOf(item), saidOf(item), helpOf(item.cause)]
  return parts
    .filter((text) => text !== undefined && text !== '')
    .join(' ')
    .trimEnd()
}

function calledOf({ kind, name, no, cause, reason, state }: Said): string | undefined {
  if (kind === 'event' || (kind === 'command' && no !== undefined)) return name || `no. ${no}`
  return state ?? cause ?? reason
}

/** Nothing is said by an empty object. */
function saidOf({ kind, values, params, why }: Said): string | undefined {
  if (kind === 'commandState') return why
  const text = kind === 'status' || kind === 'command' ? values : params
  return text === '{}' ? undefined : text
}

const helpOf = (cause: string | undefined): string | undefined =>
  cause !== undefined && cause !== 'none' && Object.hasOwn(causes, cause) ? `(${causes[cause as Cause].help})` : undefined
