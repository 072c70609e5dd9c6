/** pando config: every setting, where its value comes from, and what it is for. */
import type { Setting, ShownSetting } from '#lib/settings.ts'
import { settings } from '#src/config.ts'
import { shownSettings } from '#src/shownsettings.ts'
import { command, jsonArg } from './command.ts'

/** The table of docs/settings.md. */
export function settingsMarkdown(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|')
  const line = (...cells: string[]) => `| ${cells.join(' | ')} |`
  const rows = Object.values(settings).map((s: Setting) =>
    line(`\`${s.env}\``, s.default ? `\`${s.default}\`` : '–', cell(s.allowed), cell(s.help)),
  )
  return `${[line('setting', 'default', 'allowed', 'what it is for'), line('---', '---', '---', '---'), ...rows].join('\n')}\n`
}

const shown = (r: ShownSetting): string => {
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
    else if (json) out.write(`${JSON.stringify(shownSettings(env))}\n`)
    else out.write(shownSettings(env).map(shown).join(''))
  },
})
