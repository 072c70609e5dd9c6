/** pando backup FILE */
import { existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { makeBackup, writeBackup } from '#lib/backup/make.ts'
import type { Manifest } from '#lib/backup/manifest.ts'
import { PandoError } from '#lib/errors.ts'
import { readConfig } from '#src/config.ts'
import { version } from '#src/version.ts'
import { type Context, command, jsonArg } from '../command.ts'
import { octetsText, written } from '../output.ts'
import { UsageError } from '../usage.ts'
import { withSources } from './sources.ts'

const NAME = 'pando backup'

export const backup = command({
  name: NAME,
  summary:
    'Everything in one file, while the cloud runs or without it: registry, device log, history, keys. It is read again before it counts.',
  examples: [
    'pando backup /backups/pando-monday.tar',
    "pando backup - --without-keys | ssh elsewhere 'cat > pando.tar'",
    'pando backup pando.tar --force --json',
  ],
  args: {
    file: { type: 'positional', required: true, description: 'The file to make, a tar; - is stdout' },
    'without-keys': { type: 'boolean', description: "Leave the platform's keys out: who restores it must have them elsewhere" },
    force: { type: 'boolean', description: 'Replace the file if there is one' },
    ...jsonArg,
  },
  async run(args, context) {
    const { config } = readConfig(context.env)
    const stdout = args.file === '-'
    if (stdout && args.json) throw new UsageError('--json has no place on stdout where the backup goes there', NAME)
    if (stdout && context.out.isTTY) throw new UsageError('a backup is nothing for a terminal: send it to a file or a pipe', NAME)
    const file = resolve(args.file)
    if (!stdout && existsSync(file) && statSync(file).isDirectory()) {
      throw new PandoError('invalid', `${file} is a folder: name the file to make in it`, { file })
    }
    if (!stdout && existsSync(file) && !args.force) {
      throw new PandoError('conflict', `${file} is there already; --force replaces it`, { file })
    }
    if (!stdout && !existsSync(dirname(file))) throw new PandoError('not_found', `there is no folder ${dirname(file)}`, { file })
    if (!existsSync(config.dataDir)) {
      throw new PandoError('not_found', `there is no data in ${config.dataDir}: PANDO_DATA_DIR names the folder`)
    }
    const began = Date.now()
    await withSources(config, context.env, async (sources) => {
      const options = {
        sources,
        dataDir: config.dataDir,
        withoutKeys: args['without-keys'] === true,
        version: version(),
        now: began,
      }
      if (stdout) return tell(context, await writeBackup(options, (octets) => written(context.out, octets)))
      const { manifest, bytes } = await makeBackup(options, file)
      const facts = { file, bytes, took_ms: Date.now() - began, ...told(manifest) }
      if (args.json) context.out.write(`${JSON.stringify(facts)}\n`)
      else {
        context.out.write(`${file}: ${octetsText(bytes)} in ${manifest.files.length} files, read again and whole.\n`)
        tell(context, manifest)
      }
    })
  },
})

const told = ({ createdAt, keys, files, version: made }: Manifest) => ({
  created_at: createdAt,
  version: made,
  keys,
  files: files.length,
})

const keysText: Record<Manifest['keys'], string> = {
  inside: "It holds the platform's keys: whoever has it has everything.",
  'left out': "The platform's keys are not in it: without keys.json of this data directory no device secret can be read.",
  settings: 'The keys come from PANDO_AES_KEY and PANDO_MASTER_KEY and are not in it: keep them with it.',
}

/** On stderr, where the backup itself may be on stdout. */
const tell = ({ err }: Context, { keys }: Manifest): void => void err.write(`${keysText[keys]}\n`)
