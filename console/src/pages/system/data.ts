import type { TopicData } from '../../lib/stream.ts'

/** The system as the page has it: read at first, then told by the stream. */
export type System = TopicData['system']
