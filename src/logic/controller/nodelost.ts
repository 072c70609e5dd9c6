/** The end of an access node that died (contracts/controller/up.ts). */
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { LogWriter } from '#core/devicelog/writer.ts'
import type { EndLost, LostSession } from './lostsessions.ts'
import type { WayUp } from './up.ts'

interface Asked {
  node: string
  stream?: number
  sessions: readonly LostSession[]
}

interface Parts {
  devicelog: Pick<DeviceLog, 'seal'>
  up: Pick<WayUp, 'catchUp'>
  writer: Pick<LogWriter, 'drained'>
  end: EndLost
}

export function nodeEnder({ devicelog, up, writer, end }: Parts): (asked: Asked) => Promise<object> {
  return async ({ stream, sessions }) => {
    if (stream !== undefined) {
      await devicelog.seal(stream)
      await up.catchUp(stream)
    }
    await end(sessions)
    await writer.drained()
    return {}
  }
}
