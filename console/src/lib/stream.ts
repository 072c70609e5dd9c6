/**
 * The one WebSocket of the console: who looks at something subscribes to it, and is told at most once a frame what it is now. A
 * break is mended by itself; what can be gone on with is gone on with.
 */
import { useEffect, useMemo, useSyncExternalStore } from 'react'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import type { ArgsOf, CONSOLE_PROTOCOL, Topic } from '#contracts/admin/console.ts'
import type { LiveRecord } from '#contracts/admin/live.ts'
import { api } from './api.ts'
import { sessionOver } from './session.ts'
import { store } from './store.ts'

export interface TopicData {
  overview: AdminAnswer<'GET /overview'>
  view: { rows: AdminAnswer<'GET /device-views/{view}/rows'>['items'] }
  device: {
    device: AdminAnswer<'GET /devices/{id}'>
    values: AdminAnswer<'GET /devices/{id}/values'>
    answer: AdminAnswer<'GET /devices/{id}/diary'>['answer']
    diary: AdminAnswer<'GET /devices/{id}/diary'>['items']
    commands: AdminAnswer<'GET /devices/{id}/commands'>['items']
  }
  onboarding: {
    steps: { registered: number; logged_in: number; connected: number; reported: number }
    device?: AdminAnswer<'GET /devices/{id}'>
    answer?: AdminAnswer<'GET /devices/{id}/diary'>['answer']
  }
  frames: LiveRecord[]
  'dry-run': AdminAnswer<'GET /rules/dry-runs/{run}'>
  application: AdminAnswer<'GET /applications/{id}'>
  system: AdminAnswer<'GET /system'>
  alerts: AdminAnswer<'GET /alerts'>
}

export interface LiveProblem {
  code: string
  params: Record<string, unknown>
}

export interface Live<T> {
  data?: T
  error?: LiveProblem
}

export type Line = { at: 'off' | 'live' | 'paused' } | { at: 'lost'; since: number; next: number }
export const line = store<Line>({ at: 'off' })

const PROTOCOL: typeof CONSOLE_PROTOCOL = 'pando.console.1'
const SESSION_OVER = 4401
const [FIRST_WAIT, LAST_WAIT] = [1000, 15_000]
/** A page that nobody sees is told nothing after this. */
const HIDDEN_MS = 30_000

interface Sub {
  id: number
  topic: Topic
  args: object
  users: number
  now: Live<unknown>
  seq?: string
  lookers: Set<() => void>
  /** of `frames`: every one, not the last */
  onFrames: Set<(records: LiveRecord[], gap: boolean) => void>
}

const subs = new Map<string, Sub>()
const byId = new Map<number, Sub>()
const changed = new Map<Sub, Live<unknown>>()
let ids = 0
let socket: WebSocket | undefined
let wait = FIRST_WAIT
let timer: ReturnType<typeof setTimeout> | undefined
let flushing = false
let paused = false
let hidden = false
let wanted = false

const say = (message: object): void => {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
}
const subscribe = (s: Sub): void => say({ op: 'sub', id: s.id, topic: s.topic, args: s.args, ...(s.seq && { since: s.seq }) })

export function openStream(): void {
  wanted = true
  if (!socket) connect()
}

export function closeStream(): void {
  wanted = false
  clearTimeout(timer)
  socket?.close()
  socket = undefined
  line.set({ at: 'off' })
}

/** Again at once, not when it is time. */
export function reconnect(): void {
  wait = FIRST_WAIT
  clearTimeout(timer)
  connect()
}

function connect(): void {
  const s = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/admin/v1/stream`, PROTOCOL)
  let opened = false
  socket = s
  s.onopen = () => {
    opened = true
    wait = FIRST_WAIT
    for (const sub of subs.values()) subscribe(sub)
    if (paused || hidden) say({ op: 'pause' })
    line.set({ at: paused ? 'paused' : 'live' })
  }
  s.onmessage = ({ data }) => heard(JSON.parse(data as string) as Heard)
  s.onclose = ({ code }) => {
    if (socket !== s) return
    socket = undefined
    if (!wanted) return
    if (code === SESSION_OVER) return sessionOver()
    // a refused upgrade says nothing of why: the session is asked for
    if (!opened) void api('GET /session').catch(() => undefined)
    again()
  }
}

function again(): void {
  const delay = wait * (0.75 + Math.random() / 2)
  wait = Math.min(LAST_WAIT, wait * 2)
  const before = line.get()
  line.set({ at: 'lost', since: before.at === 'lost' ? before.since : Date.now(), next: Date.now() + delay })
  timer = setTimeout(connect, delay)
}

interface Heard {
  id?: number
  seq?: string
  data?: unknown
  gap?: object
  error?: LiveProblem
}

function heard(m: Heard): void {
  const sub = m.id === undefined ? undefined : byId.get(m.id)
  if (!sub) return
  if (m.seq !== undefined) sub.seq = m.seq
  if (sub.topic === 'frames') {
    if (m.gap || m.data) for (const on of sub.onFrames) on((m.data as LiveRecord[] | undefined) ?? [], m.gap !== undefined)
    if (!m.error) return
  }
  changed.set(sub, m.error ? { ...sub.now, error: m.error } : { data: m.data })
  if (flushing) return
  flushing = true
  if (document.hidden) setTimeout(flush, 500)
  else requestAnimationFrame(flush)
}

function flush(): void {
  flushing = false
  const told = [...changed]
  changed.clear()
  for (const [sub, now] of told) {
    sub.now = now
    for (const look of sub.lookers) look()
  }
}

export function pauseLive(on: boolean): void {
  paused = on
  if (!hidden) say({ op: on ? 'pause' : 'resume' })
  if (line.get().at !== 'lost') line.set({ at: on ? 'paused' : 'live' })
}

let hiding: ReturnType<typeof setTimeout> | undefined
document.addEventListener('visibilitychange', () => {
  clearTimeout(hiding)
  if (document.hidden) {
    hiding = setTimeout(() => {
      hidden = true
      if (!paused) say({ op: 'pause' })
    }, HIDDEN_MS)
  } else if (hidden) {
    hidden = false
    if (!paused) say({ op: 'resume' })
  }
})

function take(topic: Topic, args: object): Sub {
  const key = JSON.stringify([topic, args])
  let s = subs.get(key)
  if (!s) {
    s = { id: ++ids, topic, args, users: 0, now: {}, lookers: new Set(), onFrames: new Set() }
    subs.set(key, s)
    byId.set(s.id, s)
    subscribe(s)
  }
  s.users++
  return s
}

/** Kept for a moment: the next page may want the same. */
function leave(topic: Topic, args: object, s: Sub): void {
  setTimeout(() => {
    if (--s.users > 0) return
    subs.delete(JSON.stringify([topic, args]))
    byId.delete(s.id)
    say({ op: 'unsub', id: s.id })
  }, 100)
}

const nothing: Live<never> = {}

/** What a topic is now; nothing without `args`. */
export function useLive<T extends Topic>(topic: T, args: ArgsOf<T> | undefined): Live<TopicData[T]> {
  const key = args && JSON.stringify(args)
  const source = useMemo(() => {
    const given = key === undefined ? undefined : (JSON.parse(key) as object)
    let sub: Sub | undefined
    return {
      subscribe(look: () => void) {
        if (!given) return () => {}
        const s = (sub = take(topic, given))
        s.lookers.add(look)
        return () => {
          s.lookers.delete(look)
          leave(topic, given, s)
        }
      },
      get: () => (sub?.now ?? nothing) as Live<TopicData[T]>,
    }
  }, [topic, key])
  return useSyncExternalStore(source.subscribe, source.get)
}

/** Each record as it comes; `gap`: some before it are missing. */
export function useFrames(args: ArgsOf<'frames'> | undefined, on: (records: LiveRecord[], gap: boolean) => void): void {
  const key = args && JSON.stringify(args)
  useEffect(() => {
    if (key === undefined) return
    const given = JSON.parse(key) as object
    const s = take('frames', given)
    s.onFrames.add(on)
    return () => {
      s.onFrames.delete(on)
      leave('frames', given, s)
    }
  }, [key, on])
}
