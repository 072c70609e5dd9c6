/** pando config: every setting, where its value comes from, and what it is for. */
import { systemClock } from '#lib/clock.ts'
import { silentLog } from '#lib/log.ts'
import type { Setting, ShownSetting } from '#lib/settings.ts'
import { settings } from '#src/config.ts'
import { loadPlugins } from '#src/plugins.ts'
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

async function pluginSettings(env: Record<string, string | undefined>): Promise<readonly Setting[]> {
  const plugged = await loadPlugins({ env, log: silentLog(), clock: systemClock })
  await plugged.stop()
  return plugged.settings
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
    if (markdown) return void out.write(settingsMarkdown())
    const rows = shownSettings(env, await pluginSettings(env))
    out.write(json ? `${JSON.stringify(rows)}\n` : rows.map(shown).join(''))
  },
})
