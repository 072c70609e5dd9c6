/** pando pdcfg (also `pdcfg`): vendors, products, applications, devices; asks without arguments, does one thing with them. */
import { type Command, command } from '../command.ts'
import { resourceCommand } from './actions.ts'
import { deadletter } from './deadletters.ts'
import { resources } from './resources.ts'
import { webhook } from './webhooks.ts'

export const pdcfg: Command = command({
  name: 'pando pdcfg',
  summary:
    'Configure vendors, products, applications and devices, beside a running cloud or without one. Alone, it asks for commands.',
  examples: [
    'pdcfg',
    "pdcfg vendor add --name Acme --description 'Acme things' --json",
    "pdcfg product add --vendor 1 --name lamp --description 'a lamp' --config product.json --json",
    "pdcfg application add --name app --description '' --domain '*' --report-url https://… --report-token t --json",
  ],
  commands: {
    ...Object.fromEntries(Object.values(resources).map((r) => [r.name, () => resourceCommand(r)])),
    deadletter: () => deadletter,
    webhook: () => webhook,
  },
  async run(_, context) {
    const { shell } = await import('./shell.ts')
    await shell(context)
  },
})
