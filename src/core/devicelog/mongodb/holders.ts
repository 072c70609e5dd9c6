/** Who does a work: a document each, changed only by whoever knows it as it is. */
import { isDuplicate, type Mongo } from '#core/remote/mongodb.ts'
import type { DeviceLog } from '../port.ts'
import { type Collections, double } from './documents.ts'

export function mongoHolders(mongo: Mongo, { holders }: Collections): Pick<DeviceLog, 'holder' | 'hold'> {
  return {
    async holder(work) {
      const found = await mongo.call(() => holders.findOne({ _id: work }))
      return found ? { owner: found.owner, beat: found.beat } : undefined
    },
    async hold(work, from, owner) {
      if (from) {
        const is = { _id: work, owner: from.owner, beat: double(from.beat) }
        const { matchedCount } = await mongo.call(() => holders.updateOne(is, { $set: { owner, beat: double(from.beat + 1) } }))
        return matchedCount === 1
      }
      try {
        await mongo.call(() => holders.insertOne({ _id: work, owner, beat: double(1) }))
        return true
      } catch (e) {
        if (isDuplicate(e)) return false
        throw e
      }
    },
  }
}
