import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closest } from './closest.ts'
import { type Command, findCommand, helpOf, readArgs } from './command.ts'
import { pando } from './commands.ts'
import { UsageError } from './usage.ts'

const usage = (message: RegExp) => (e: unknown) => e instanceof UsageError && message.test(e.message)

async function every(c: Command): Promise<Command[]> {
  const below = await Promise.all(Object.values(c.commands ?? {}).map(async (load) => every(await load())))
  return [c, ...below.flat()]
}

test('the commands', () => {
  const names = [
    'serve',
    'demo',
    'config',
    'device',
    'pdcfg',
    'user',
    'token',
    'backup',
    'restore',
    'import',
    'copy',
    'doctor',
    'ps',
    'drain',
    'tail',
    'history',
    'why',
  ]
  assert.deepEqual(Object.keys(pando.commands!), names)
})

// CLI-3
test('every command has help with an example that names it, without colours where there is no terminal', async () => {
  for (const c of await every(pando)) {
    const help = await helpOf(c, false)
    const [, ...words] = c.name.split(' ')
    const own = words.at(-1) ?? 'pando'
    assert.match(help, new RegExp(`EXAMPLES\\n\\n(  .*\\n)*  .*(${own}|npm start)`), c.name)
    assert.ok(!help.includes('\x1b'), c.name)
    assert.doesNotMatch(`${help}${await helpOf(c, true)}`, /[ \t]$/m, `${c.name} fills its lines up`)
    for (const [flag, arg] of Object.entries(c.args ?? {})) assert.ok(arg.description, `${c.name} --${flag}`)
  }
})

// CLI-12
test('every command has --json, but those whose one line is JSON wherever stdout is no terminal, and the one that asks people', async () => {
  const without = (await every(pando)).filter((c) => c.run && !Object.hasOwn(c.args ?? {}, 'json')).map((c) => c.name)
  assert.deepEqual(without, ['pando serve', 'pando demo', 'pando pdcfg'])
})

test('every flag that an example uses exists', async () => {
  for (const c of await every(pando)) {
    for (const example of c.examples) {
      const line = example.replace(/#.*$/, '').split(/\s[<>|]\s/)[0]!
      const words = line.replace(/^([A-Z_]+=\S+ )*/, '').match(/'[^']*'|\S+/g)!
      if (words[0] === 'npm') continue
      const args = words[0] === 'pdcfg' ? ['pdcfg', ...words.slice(1)] : words.slice(1)
      if (args.includes('--help')) continue
      const found = await findCommand(pando, args)
      assert.doesNotThrow(() => readArgs(found.command, found.rest), example)
    }
  }
})

// CLI-3
test('what was misspelt is told with what was probably meant', async () => {
  await assert.rejects(findCommand(pando, ['sevre']), usage(/unknown command sevre; did you mean pando serve\?/))
  await assert.rejects(findCommand(pando, ['pdcfg', 'vender', 'add']), usage(/did you mean pando pdcfg vendor\?/))
  await assert.rejects(findCommand(pando, ['xyzzy']), usage(/there are serve, demo, config, device, pdcfg, .*why/))
  const { command } = await findCommand(pando, ['device'])
  assert.throws(() => readArgs(command, ['--cuont', '3']), usage(/unknown flag --cuont; did you mean --count\?/))
})

test('a flag without its value does not swallow the next flag', async () => {
  const { command } = await findCommand(pando, ['pdcfg', 'vendor', 'add'])
  assert.throws(() => readArgs(command, ['--name', '--json']), usage(/--name needs a value/))
  assert.throws(() => readArgs(command, ['--name']), usage(/--name needs a value/))
  const args = readArgs(command, ['--name', '-5 °C', '--description=', '--json'])
  assert.equal(args['name'], '-5 °C')
  assert.equal(args['description'], '')
  assert.equal(args['json'], true)
})

test('words that a command does not take are refused', async () => {
  const { command } = await findCommand(pando, ['config'])
  assert.throws(() => readArgs(command, ['everything']), usage(/pando config does not take everything/))
})

test('closest: letters swapped, changed, left out and added, and nothing that is far away', () => {
  const names = ['serve', 'demo', 'config', 'device']
  assert.equal(closest('sevre', names), 'serve')
  assert.equal(closest('devise', names), 'device')
  assert.equal(closest('dem', names), 'demo')
  assert.equal(closest('conffig', names), 'config')
  assert.equal(closest('conf', names), 'config')
  assert.equal(closest('redis', names), undefined)
})
