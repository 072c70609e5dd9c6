/** What the device is told: by observation, each confirmed; or one at a time, to whoever asks. */

import { canRead } from '../downward.ts'
import { answer, format as formats, option } from '../message/numbers.ts'
import { uintIn } from '../message/options.ts'
import { observation } from '../server/observer.ts'
import type { Handler } from '../server/resource.ts'
import type { CoapNode, CoapSession } from '../session.ts'
import type { Sessions } from '../sessions.ts'

export function commandHandler(node: CoapNode, sessions: Sessions): Handler {
  return {
    admit: (ex, next) => sessions.admit(ex, next),
    handle(ex) {
      const s = ex.subject as CoapSession
      const format = uintIn(ex, option.accept) ?? formats.octets
      if (!canRead(s, format)) return ex.respond({ code: answer.notAcceptable })
      const asked = uintIn(ex, option.observe)
      const observer = observation(ex)
      if (observer) {
        s.observe(observer, format)
        ex.respond({ code: answer.content, options: [observer.option], maxAge: node.limits.lease })
        node.downlink.back(s)
      } else if (asked === undefined) s.ask(ex, format)
      else ex.respond({ code: answer.content, maxAge: 0 })
    },
  }
}
