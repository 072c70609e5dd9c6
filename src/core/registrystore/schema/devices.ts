/** What people and applications add to a device. */
import type { Sealed } from './sealed.ts'

export interface DeviceTagRow extends Sealed {
  device_id: number
  tag: string
  tenant_id: number
}

export interface DeviceGroupRow extends Sealed {
  id: number
  tenant_id: number
  name: string
  revision: number
  created_at: number
}

export interface DeviceGroupMemberRow extends Sealed {
  group_id: number
  device_id: number
  tenant_id: number
}

/** What a device shall report for an object. */
export interface DesiredRow extends Sealed {
  device_id: number
  object: string
  tenant_id: number
  /** JSON */
  value: string
  version: number
  at: number
  set_by: string
}

/** The version of what is wanted of a device; stays when nothing is wanted any more. */
export interface DesiredHeadRow extends Sealed {
  device_id: number
  tenant_id: number
  version: number
  /** 1: there are rows in `desired` */
  wanted: number
}

export interface SavedViewRow extends Sealed {
  id: number
  tenant_id: number
  name: string
  filter: string
  sort: string
  /** JSON array */
  shown: string
  created_by: string
  revision: number
  created_at: number
  updated_at: number
}
