/** What the package exports as `pando`: the cloud as a part of another program, and what plugins are made of. */

export { Type } from 'typebox'
export { hostPort, unmapped } from '#access/shared/addresses.ts'
export { idOf, tokenOf } from '#access/shared/credentials.ts'
export { Door, type Guest } from '#access/shared/door.ts'
export { Downlink, type Receiver } from '#access/shared/downlink.ts'
export { Durable } from '#access/shared/durable.ts'
export { accessFace, keepNode } from '#access/shared/face.ts'
export { type Failures, makeFailures } from '#access/shared/failures.ts'
export {
  type DeviceNode as AccessNode,
  type DeviceSession,
  deviceNode as accessNode,
  entered,
  forget,
  left,
  type State,
} from '#access/shared/node.ts'
export { Rate } from '#access/shared/rate.ts'
export { recordFrames, recordOctets } from '#access/shared/recording.ts'
export { framesOf } from '#access/shared/reports.ts'
export { nobody, type Origin, type Owner, Uplink, type WriterOptions } from '#access/shared/uplink.ts'
export { type Timed, Wheel } from '#access/shared/wheel.ts'
export { access } from '#contracts/access.ts'
export { type Cause, causes } from '#contracts/causes.ts'
export { bytes, type Contract, contract, type Face, method } from '#contracts/contract.ts'
export { controller } from '#contracts/controller.ts'
export { devicemanager } from '#contracts/devicemanager.ts'
export { notifier } from '#contracts/notifier.ts'
export { type Application, type Device, type Product, registry, type Vendor } from '#contracts/registry.ts'
export { batchHead, eachRecord, type RecordKind, recordFlag, recordHead, recordKind } from '#core/devicelog/batch.ts'
export type { DeviceLog } from '#core/devicelog/port.ts'
export type { EngineOptions } from '#core/engines.ts'
export type { EngineHealth } from '#core/health.ts'
export type { History } from '#core/history/port.ts'
export type { Presence } from '#core/presence/port.ts'
export type { Queue } from '#core/queue/port.ts'
export type { Registrystore } from '#core/registrystore/port.ts'
export { type Action, type ActionContext, runAction } from '#lib/actions.ts'
export { type ErrorCode, errorTable, isPandoError, PandoError } from '#lib/errors.ts'
export {
  allow,
  type BatchView,
  type Commanding,
  type Connecting,
  type Delivering,
  type HookDevice,
  type HookName,
  type HookOptions,
  type Hooks,
  type RecordView,
  type Registering,
  refuse,
  type Verdict,
} from '#lib/hooks.ts'
export { type Logger, makeLog, silentLog } from '#lib/log.ts'
export { type Clock, type ServiceStart, type Started, systemClock } from '#lib/service.ts'
export {
  type Address,
  address,
  flag,
  integer,
  list,
  oneOf,
  optional,
  path,
  type Setting,
  setting,
  size,
  span,
  text,
  url,
} from '#lib/settings.ts'
export type { Codec, Command, FrameKind, Report } from '#protocol/codec.ts'
export { decodeEvent, decodeStatus, type EventFrame, encodeEvent, encodeStatus, type StatusFrame } from '#protocol/frames.ts'
export {
  commandOf,
  eventOf,
  eventToJson,
  type Model,
  type ModelCall,
  type ModelObject,
  objectOf,
  parseModel,
  statusToJson,
} from '#protocol/model.ts'
export { tlvType, type Value } from '#protocol/tlv.ts'
export { universalCommand, universalEvent } from '#protocol/universal.ts'
export { type Cloud, type CloudOptions, type Peers, startCloud } from './cloud.ts'
export type { Config } from './config.ts'
export { type AccessServiceRun, type AccessServiceStart, definePlugin, type Plugin, type Registrar } from './plugins.ts'
export type { PortName, Ports, ServiceEntry } from './services.ts'
