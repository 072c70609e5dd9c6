import type { Setting, ShownSetting } from '#lib/settings.ts'
import { readConfig, settings } from './config.ts'

const MASK = '********'

/** All settings with the values that `env` gives them; secrets are masked. Throws `config_invalid`. */
export function shownSettings(env: Record<string, string | undefined>): ShownSetting[] {
  const { origins } = readConfig(env)
  return Object.entries(settings).map(([key, s]: [string, Setting]) => {
    const origin = origins[key as keyof typeof origins]
    const given = origin === 'environment' ? env[s.env] : s.default
    const value = s.secret && given !== undefined ? MASK : given
    return { name: s.env, value, origin, default: s.default, allowed: s.allowed, help: s.help }
  })
}
