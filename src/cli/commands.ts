/** The commands, each loaded when it is called. */
import { type Command, command } from './command.ts'

export const pando: Command = command({
  name: 'pando',
  summary: 'Pando Cloud: an open IoT cloud. `pando demo` is the quickest way in.',
  examples: ['pando demo', 'PANDO_DATA_DIR=/var/lib/pando pando serve', 'pando device --help'],
  commands: {
    serve: async () => (await import('./serve.ts')).serve,
    demo: async () => (await import('./demo/command.ts')).demo,
    config: async () => (await import('./config.ts')).config,
    device: async () => (await import('./device/command.ts')).device,
    pdcfg: async () => (await import('./pdcfg/command.ts')).pdcfg,
    user: async () => (await import('./user/command.ts')).user,
    token: async () => (await import('./token/command.ts')).token,
    backup: async () => (await import('./backup/command.ts')).backup,
    restore: async () => (await import('./backup/restorecommand.ts')).restore,
    import: async () => (await import('./import/command.ts')).importing,
    copy: async () => (await import('./copy/command.ts')).copy,
    doctor: async () => (await import('./doctor/command.ts')).doctor,
    ps: async () => (await import('./ps/command.ts')).ps,
    drain: async () => (await import('./ps/drain.ts')).drain,
    tail: async () => (await import('./tail/command.ts')).tail,
    history: async () => (await import('./history.ts')).history,
    why: async () => (await import('./why.ts')).why,
  },
})
