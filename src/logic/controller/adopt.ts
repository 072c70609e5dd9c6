/** What devices told an older cloud becomes history here, and current status where nothing newer is known. It is news to nobody. */
import type { Face } from '#contracts/contract.ts'
import { type controller, LAST_OLD_STREAM } from '#contracts/controller.ts'
import { batchHead, checkBatch, eachRecord, at as field, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import type { History } from '#core/history/port.ts'
import { PandoError } from '#lib/errors.ts'
import { applyRecord } from './current.ts'
import type { Housekeeping } from './recover.ts'

interface Parts {
  history: History
  keeping: Pick<Housekeeping, 'between'>
  /** stream → last seq that the current status includes */
  applied: ReadonlyMap<number, number>
}

const NOTHING = new Uint8Array(0)

export function makeAdopting({ history, keeping, applied }: Parts): Pick<Face<typeof controller>, 'adopt' | 'adopted'> {
  const last = (stream: number): number => history.cursors().get(stream) ?? 0

  /** History goes last: what it has absorbed is not handed over again, so the current status must have it by then. */
  async function take(b: Buffer): Promise<Uint8Array> {
    const { stream, seq } = batchHead(b)
    if (seq <= last(stream)) return NOTHING
    const view = new DataView(b.buffer, b.byteOffset, b.byteLength)
    eachRecord(b, 0, (p, size) => {
      if (b[p + field.kind] === recordKind.status) applyRecord(history.current, b, view, p, size)
    })
    await history.current.save(new Map(applied))
    await history.absorb(b)
    await history.flush()
    return NOTHING
  }

  return {
    adopted: async ({ stream }) => ({ seq: last(stream) }),
    async adopt(input) {
      const b = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
      if (!isOld(b)) throw new PandoError('invalid', 'it is no batch of records of an older cloud')
      return keeping.between(() => take(b))
    },
  }
}

function isOld(b: Buffer): boolean {
  if (!checkBatch(b) || batchHead(b).stream > LAST_OLD_STREAM) return false
  let all = true
  eachRecord(b, 0, (p) => {
    const kind = b[p + field.kind]
    const told = kind === recordKind.status || kind === recordKind.event
    all &&= told && (b.readUInt16LE(p + field.flags) & recordFlag.adopted) !== 0
  })
  return all
}
