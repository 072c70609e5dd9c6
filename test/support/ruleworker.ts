/**
 * A process that changes things in the name of a user and runs ticks of timers until it is killed. It tells of each tick before it is
 * finished (`ran`) and after (`done`), of each change after its acknowledgement (`changed`): one line `{what, rule?, tick?}` each.
 * Arguments: directory, name of the owner, first tick, rules (ids, separated by commas), time.
 */
import { writeSync } from 'node:fs'
import { startRegistry } from './registry.ts'

const [dir, owner, first, rules, time] = process.argv.slice(2) as [string, string, string, string, string]
const tell = (line: object): void => void writeSync(1, `${JSON.stringify(line)}\n`)
const { face, clock } = await startRegistry(dir)
clock.at = Number(time)
const audit = { actor: `worker/${owner}`, addr: '', requestId: '' }
const ids = rules.split(',').map(Number)

for (let tick = Number(first); ; tick++) {
  const items = ids.map((ruleId) => ({ ruleId, tick }))
  const claims = (await face.claimTicks({ owner, items, lease: 500 })).items
  for (const [i, item] of items.entries()) {
    if (claims[i] !== 'claimed') continue
    tell({ what: 'ran', rule: item.ruleId, tick })
    await face.finishTicks({ owner, items: [item] })
    tell({ what: 'done', rule: item.ruleId, tick })
  }
  await face.editRule({ id: ids[0]!, name: `${owner} ${tick}`, audit })
  tell({ what: 'changed', tick })
}
