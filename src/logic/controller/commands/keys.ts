/** Idempotency: the same key for the same device within a day names the same command. */
import { recordKind } from '#core/devicelog/batch.ts'
import { COMMAND_ID } from '#core/devicelog/command.ts'
import type { History } from '#core/history/port.ts'
import type { Clock } from '#lib/service.ts'
import { type CommandId, commandId, idOfKey } from './id.ts'
import { stateOf } from './life.ts'
import { openCommand } from './open.ts'

const DAY = 86_400_000
const MOST = 100_000

export interface Keys {
  /** Runs `accept` with the id that the key makes, unless the key has named a command before: → that one. */
  once(device: number, key: string, accept: (id: Buffer) => Promise<CommandId>): Promise<{ id: CommandId; fresh: boolean }>
}

export function makeKeys(history: Pick<History, 'read' | 'current'>, clock: Clock): Keys {
  /** what was accepted with a key since `since`, the oldest first */
  const recent = new Map<string, Promise<CommandId>>()
  let since = clock.now()

  const earlier = async (device: number, bytes: Buffer): Promise<CommandId | undefined> =>
    fromCurrent(device, bytes) ?? (await fromHistory(device, bytes))

  function fromCurrent(device: number, bytes: Buffer): CommandId | undefined {
    const open = openCommand(history.current, device, bytes)
    const old = open !== undefined && open.acceptedAt <= clock.now() - DAY
    return open === undefined || (old && open.state === stateOf.delivered) ? undefined : commandId(device, open.acceptedAt, bytes)
  }

  /** Only what was before this process, or is not remembered any more, must be looked up. */
  async function fromHistory(device: number, bytes: Buffer): Promise<CommandId | undefined> {
    const from = clock.now() - DAY
    if (since <= from) return undefined
    let cursor: string | undefined
    do {
      const query = { device, kinds: [recordKind.command], from, to: since + 1, limit: 1000, newestFirst: true }
      const page = await history.read(cursor === undefined ? query : { ...query, cursor })
      const found = page.records.find((r) => bytes.equals(r.data.subarray(0, COMMAND_ID)))
      if (found) return commandId(device, found.time, bytes)
      cursor = page.next
    } while (cursor !== undefined)
    return undefined
  }

  async function forgetOldest(): Promise<void> {
    const [key, first] = recent.entries().next().value!
    recent.delete(key)
    since = Math.max(since, (await first).at)
  }

  return {
    async once(device, key, accept) {
      const bytes = idOfKey(device, key)
      const name = `${device}/${bytes.toString('hex')}`
      const known = recent.get(name)
      if (known !== undefined) {
        const id = await known
        if (id.at > clock.now() - DAY) return { id, fresh: false }
      }
      let fresh = false
      const flight = (async () => {
        const before = await earlier(device, bytes)
        fresh = before === undefined
        return before ?? accept(bytes)
      })()
      recent.set(name, flight)
      flight.catch(() => recent.delete(name))
      if (recent.size > MOST) void forgetOldest().catch(() => {})
      return { id: await flight, fresh }
    },
  }
}
