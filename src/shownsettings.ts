import { readSetting, type Setting, type ShownSetting } from '#lib/settings.ts'
import { readConfig, settings } from './config.ts'

const MASK = '********'

/** All settings, those of plugins last, with the values that `env` gives them; secrets are masked. Throws `config_invalid`. */
export function shownSettings(env: Record<string, string | undefined>, plugged: readonly Setting[] = []): ShownSetting[] {
  readConfig(env, plugged)
  return [...Object.values(settings), ...plugged].map((s: Setting) => {
    const { origin } = readSetting(s, env)
    const given = origin === 'environment' ? env[s.env] : s.default
    const value = given === undefined ? undefined : s.secret ? MASK : (s.shown?.(given) ?? given)
    return { name: s.env, value, origin, default: s.default, allowed: s.allowed, help: s.help }
  })
}
