/** How much log and history may take: as the settings say, until people say otherwise. That is kept in the data folder. */
import { join } from 'node:path'
import type { Face } from '#contracts/contract.ts'
import { type controller, DiskBudget } from '#contracts/controller.ts'
import { nodeDisk, readWhole, replaceFile } from '#lib/disk.ts'
import type { Logger } from '#lib/log.ts'
import type { Limits } from './recover.ts'

const FILE = 'disk-budget.json'
const names = Object.keys(DiskBudget.properties) as (keyof DiskBudget)[]

export interface Budget {
  /** as it is at each moment */
  readonly limits: Limits
  face: Pick<Face<typeof controller>, 'diskBudget' | 'setDiskBudget'>
}

export async function openBudget(dataDir: string, settings: Limits, log: Logger): Promise<Budget> {
  const path = join(dataDir, FILE)
  let set = await read(path, log)
  const limits: Limits = { ...settings, ...set }
  let writing: Promise<void> = Promise.resolve()

  async function keep(next: Partial<DiskBudget>): Promise<void> {
    await replaceFile(nodeDisk, path, Buffer.from(`${JSON.stringify(next)}\n`))
    set = next
    Object.assign(limits, only(settings), set)
  }
  return {
    limits,
    face: {
      diskBudget: async () => ({ ...only(limits), set }),
      async setDiskBudget(wanted) {
        // one after the other: the last asked is the one that stays
        const kept = writing.then(() => keep(only(wanted)))
        writing = kept.catch(() => {})
        await kept
        return {}
      },
    },
  }
}

/** Its members alone, those that are there. */
function only<T extends Partial<DiskBudget>>(of: T): Pick<T, keyof DiskBudget> {
  return Object.fromEntries(names.flatMap((name) => (of[name] === undefined ? [] : [[name, of[name]]]))) as Pick<
    T,
    keyof DiskBudget
  >
}

async function read(path: string, log: Logger): Promise<Partial<DiskBudget>> {
  try {
    const found = JSON.parse((await readWhole(nodeDisk, path)).toString()) as Partial<DiskBudget>
    return only(
      Object.fromEntries(Object.entries(found).filter(([, v]) => typeof v === 'number' && v > 0)) as Partial<DiskBudget>,
    )
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT')
      log.error({ err, file: path }, 'the disk budget that people have set cannot be read: the settings count')
    return {}
  }
}
