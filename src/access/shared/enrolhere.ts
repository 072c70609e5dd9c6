/** Registration and login at a node. */
import { type AccessConfig, type Announced, makeAccessPoints } from './accesspoints.ts'
import { type Enrolment, enrolment } from './enrol.ts'
import type { LeasedPeers } from './leasednode.ts'
import { type AccessStart, type DeviceNode, enrolDiary } from './node.ts'

export interface EnrolPeers extends LeasedPeers {
  /** what discovery knows of a service */
  instances?(service: string): Promise<readonly Announced[]>
}

/** Peers are read when they are called: services start in any order. */
export const enrolmentAt = ({ config, peers }: AccessStart<AccessConfig, EnrolPeers>, node: DeviceNode): Enrolment =>
  enrolment({
    protocol: node.protocol,
    registry: { registerDevice: (device) => peers.registry.registerDevice(device) },
    devicemanager: { login: (device) => peers.devicemanager.login(device) },
    accessPoints: makeAccessPoints(config, peers.instances && ((service) => peers.instances!(service))),
    diary: enrolDiary(node),
  })
