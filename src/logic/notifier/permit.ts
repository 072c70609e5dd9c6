/** Plugins are asked before each try of a webhook. */
import type { Application } from '#contracts/registry.ts'
import type { Hooks } from '#lib/hooks.ts'
import type { Sender } from './sender.ts'

/** The sender, behind the hook: what a plugin refuses is not sent, and not tried again. */
export const askingSender = (sender: Sender, hook: Hooks['delivery'], app: Application): Sender => ({
  ...sender,
  send(message, done) {
    const { id, name, domain, reportUrl } = app
    const delivery = { application: { id, name, domain }, reportUrl, messageId: message.id, body: message.body.toString() }
    void hook(delivery).then((verdict) => {
      if (verdict.allow) sender.send(message, done)
      else done({ ok: false, status: 0, error: `refused by a plugin: ${verdict.reason}`, refused: true })
    })
  },
})
