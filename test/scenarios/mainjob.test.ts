/** The way of a message, up and down, as fielded devices and applications go it. */
import { type Dialect, scenario, shapes } from '../world.ts'
import { mainJob } from './mainjob.ts'

const dialects: readonly Dialect[] = ['binary', 'user', 'mqtt5']

for (const dialect of dialects) {
  scenario(
    `main job: register, log in, connect, status up, read, set, command, ask, event to webhook: ${dialect}`,
    (world) => mainJob(world, dialect),
    { shapes: dialect === 'binary' ? [...shapes, 'process'] : shapes },
  )
}
