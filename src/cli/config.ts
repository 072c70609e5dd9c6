/** pando config: every setting, where its value comes from, and what it is for. */
import type { Setting } from '#lib/settings.ts'
import { readConfig, settings } from '#src/config.ts'
import { command, jsonArg } from './command.ts'

const MASK = '********'

interface Row {
  name: string
  value: string | undefined
  origin: 'environment' | 'default'
  default: string | undefined
  allowed: string
  help: string
}

/** All settings with the values that `env` gives them; secrets are masked. Throws `config_invalid`. */
export function settingRows(env: Record<string, string | undefined>): Row[] {
  const { origins } = readConfig(env)
  return Object.entries(settings).map(([key, s]: [string, Setting]) => {
    const origin = origins[key as keyof typeof origins]
    const given = origin === 'environment' ? env[s.env] : s.default
    const value = s.secret && given !== undefined ? MASK : given
    return { name: s.env, value, origin, default: s.default, allowed: s.allowed, help: s.help }
  })
}

/** The table of docs/settings.md. */
export function settingsMarkdown(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|')
  const line = (...cells: string[]) => `| ${cells.join(' | ')} |`
  const rows = Object.values(settings).map((s: Setting) =>
    line(`\`${s.env}\``, s.default ? `\`${s.default}\`` : '–', cell(s.allowed), cell(s.help)),
  )
  return `${[line('setting', 'default', 'allowed', 'what it is for'), line('---', '---', '---', '---'), ...rows].join('\n')}\n`
}

const shown = (r: Row): string => {
  const note = r.origin === 'environment' ? '  (environment)' : ''
  return `${r.name}=${r.value ?? ''}${note}\n    ${r.help}\n    Allowed: ${r.allowed}.\n`
}

export const config = command({
  name: 'pando config',
  summary: 'Print every setting: name, value, where the value comes from, what it is for. Secrets are masked.',
  examples: ['pando config', 'PANDO_LOG_LEVEL=debug pando config --json', 'pando config --markdown > docs/settings.md'],
  args: {
    ...jsonArg,
    markdown: { type: 'boolean', description: 'Print the table of the documentation: defaults, not your values' },
  },
  async run({ json, markdown }, { env, out }) {
    if (markdown) out.write(settingsMarkdown())
    else if (json) out.write(`${JSON.stringify(settingRows(env))}\n`)
    else out.write(settingRows(env).map(shown).join(''))
  },
})
