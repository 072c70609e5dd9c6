/** pando restore FILE */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { PandoError } from '#lib/errors.ts'
import { readConfig } from '#src/config.ts'
import { command, jsonArg } from '../command.ts'
import { findRunning } from '../running.ts'
import { restore as restored } from './restore.ts'

export const restore = command({
  name: 'pando restore',
  summary: 'Make a data folder of a backup. All of it is checked before anything is put in place; nothing is ever overwritten.',
  examples: [
    'PANDO_DATA_DIR=/var/lib/pando pando restore /backups/pando-monday.tar',
    'pando restore - < pando.tar',
    'pando restore pando.tar --force --json',
  ],
  args: {
    file: { type: 'positional', required: true, description: 'What `pando backup` made; - is stdin' },
    force: { type: 'boolean', description: 'Where there is data: move it aside, within the data folder' },
    ...jsonArg,
  },
  async run(args, { env, input, out, err }) {
    const { config } = readConfig(env)
    const running = await findRunning(config)
    if (running) {
      await running.close()
      throw new PandoError(
        'conflict',
        `a cloud runs on ${config.dataDir}: stop it first, or name another folder by PANDO_DATA_DIR`,
      )
    }
    if (args.file !== '-' && !existsSync(args.file)) throw new PandoError('not_found', `${args.file}: there is no such file`)
    if (args.file !== '-' && statSync(args.file).isDirectory()) throw new PandoError('invalid', `${args.file} is a folder`)
    const octets = args.file === '-' ? input : createReadStream(resolve(args.file), { highWaterMark: 1 << 20 })
    const { force = false } = args
    const done = await restored({ config, octets, file: args.file === '-' ? 'stdin' : args.file, force, now: Date.now() })
    const { manifest, damage, aside } = done
    const { createdAt, keys, files } = manifest
    if (args.json) {
      const facts = { data_dir: config.dataDir, created_at: createdAt, keys, files: files.length, damage, aside: aside ?? null }
      return void out.write(`${JSON.stringify(facts)}\n`)
    }
    out.write(`${config.dataDir} is as it was at ${new Date(createdAt).toISOString()}; \`pando serve\` goes on with it.\n`)
    if (aside !== undefined) out.write(`What was there is in ${aside}.\n`)
    if (keys !== 'inside')
      err.write('The keys are not in this backup: put keys.json back, or set PANDO_AES_KEY and PANDO_MASTER_KEY.\n')
    for (const what of damage) err.write(`It was damaged already when the backup was made: ${what}\n`)
  },
})
