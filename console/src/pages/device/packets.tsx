import { LiveFrames } from '../packets/live.tsx'
import type { Device } from './data.ts'

export const DevicePackets = ({ device }: { device: Device }) => <LiveFrames args={{ device: device.id }} />
