/** Fields and the forms they stand in. What they hold is the page's. */
import { type FormEvent, type InputHTMLAttributes, type KeyboardEvent, type ReactNode, useId, useState } from 'react'
import type { AdminProblem } from '../lib/api.ts'
import { useCommon } from '../text/common.ts'
import { Field } from './basics.tsx'
import { Confirm, Dialog, ProblemNote } from './feedback.tsx'

type Input = Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onChange' | 'id'>

interface TextProps extends Input {
  label: ReactNode
  hint?: ReactNode
  error?: ReactNode
  mono?: boolean
  value: string
  set: (value: string) => void
}
export const TextField = ({ label, hint, error, mono, value, set, ...input }: TextProps) => (
  <Field label={label} hint={hint} error={error}>
    {(p) => (
      <input
        {...p}
        {...input}
        className={`input ${mono ? 'mono' : ''} ${input.className ?? ''}`}
        value={value}
        onChange={(e) => set(e.target.value)}
      />
    )}
  </Field>
)

export const NameField = (o: { value: string; set: (value: string) => void; disabled?: boolean }) => (
  <TextField label={useCommon().name} required maxLength={128} autoComplete="off" {...o} />
)

export const DescriptionField = (o: { value: string; set: (value: string) => void; disabled?: boolean }) => (
  <TextField label={useCommon().description} maxLength={1024} {...o} />
)

/** What somebody or something may reach. */
export const ScopeField = (o: { value: string; set: (value: string) => void }) => {
  const c = useCommon()
  return <TextField label={c.scope} hint={c.scopeText} mono required pattern="\*|(vendor|product)/[1-9][0-9]*" {...o} />
}

export function PasswordField({ label, value, set }: { label: ReactNode; value: string; set: (value: string) => void }) {
  return <TextField label={label} type="password" autoComplete="current-password" required value={value} set={set} />
}

interface NewPasswordProps {
  label: ReactNode
  error?: ReactNode
  value: string
  set: (value: string) => void
}
export function NewPasswordField({ label, error, value, set }: NewPasswordProps) {
  const c = useCommon()
  return (
    <TextField
      label={label}
      hint={c.passwordHint(value.length)}
      error={error}
      type="password"
      autoComplete="new-password"
      required
      minLength={12}
      maxLength={256}
      value={value}
      set={set}
    />
  )
}

interface ChoiceProps<T extends string> {
  label: ReactNode
  hint?: ReactNode
  value: T
  set: (value: T) => void
  of: readonly (readonly [T, ReactNode])[]
  disabled?: boolean
  id?: string
}
export const ChoiceField = <T extends string>({ label, hint, value, set, of, disabled, id }: ChoiceProps<T>) => (
  <Field label={label} hint={hint} {...(id !== undefined && { id })}>
    {(p) => <Options {...p} value={value} set={set} of={of} disabled={disabled} className="input" />}
  </Field>
)

interface WordlessProps<T extends string> {
  label: string
  value: T
  set: (value: T) => void
  of: readonly (readonly [T, ReactNode])[]
  className?: string
}
/** A choice whose label is not seen. */
export const Choice = <T extends string>({ label, className = 'input s fit', ...rest }: WordlessProps<T>) => (
  <Options aria-label={label} className={className} {...rest} />
)

interface OptionsProps<T extends string> {
  value: T
  set: (value: T) => void
  of: readonly (readonly [T, ReactNode])[]
  className: string
  disabled?: boolean | undefined
  'aria-label'?: string
  id?: string
}
const Options = <T extends string>({ of, set, ...select }: OptionsProps<T>) => (
  <select {...select} onChange={(e) => set(e.target.value as T)}>
    {of.map(([value, words]) => (
      <option key={value} value={value}>
        {words}
      </option>
    ))}
  </select>
)

interface ChecksProps<T extends string> {
  legend: ReactNode
  of: readonly (readonly [T, ReactNode])[]
  value: readonly T[]
  set: (value: readonly T[]) => void
  className?: string
}
export const Checks = <T extends string>({ legend, of, value, set, className = 'row' }: ChecksProps<T>) => (
  <fieldset className={className}>
    <legend className="label">{legend}</legend>
    {of.map(([x, words]) => (
      <Check key={x} on={value.includes(x)} set={(on) => set(on ? [...value, x] : value.filter((y) => y !== x))}>
        {words}
      </Check>
    ))}
  </fieldset>
)

export const Check = ({ on, set, children }: { on: boolean; set: (on: boolean) => void; children: ReactNode }) => (
  <label className="check">
    <input type="checkbox" className="box" checked={on} onChange={(e) => set(e.target.checked)} />
    {children}
  </label>
)

/** Something that changes the cloud, as `useAct` makes it. */
interface Act {
  mutate: (input: undefined, o?: { onSuccess?: () => void }) => void
  isPending: boolean
  error: AdminProblem | null
}

interface FormProps {
  act: Act
  id?: string
  className?: string
  /** false: `Ctrl Enter` does nothing yet */
  ready?: boolean
  children: ReactNode
}
/** Its problem stands at its end, not in a message that goes by. */
export function Form({ act, id, className = 'stack', ready = true, children }: FormProps) {
  const submit = (e: FormEvent | KeyboardEvent) => {
    e.preventDefault()
    if (ready && !act.isPending) act.mutate(undefined)
  }
  return (
    <form
      id={id}
      className={className}
      onSubmit={submit}
      onKeyDown={(e) => e.key === 'Enter' && (e.ctrlKey || e.metaKey) && submit(e)}
    >
      {children}
      {act.error && <ProblemNote problem={act.error} />}
    </form>
  )
}

interface FormDialogProps {
  title: ReactNode
  close: () => void
  /** what the button says */
  verb: ReactNode
  act: Act
  ready?: boolean
  /** more to do beside it */
  beside?: ReactNode
  children: ReactNode
}
export function FormDialog({ title, close, verb, act, ready = true, beside, children }: FormDialogProps) {
  const id = useId()
  return (
    <Dialog
      title={title}
      close={close}
      footer={
        <>
          {beside}
          <button type="submit" form={id} className="btn" data-k="main" disabled={!ready || act.isPending}>
            {verb}
          </button>
        </>
      }
    >
      <Form act={act} id={id} ready={ready}>
        {children}
      </Form>
    </Dialog>
  )
}

interface SureProps {
  /** what the button says, and the question's head */
  text: ReactNode
  /** what the last button says */
  verb?: ReactNode
  label?: string
  act: Act
  /** must be typed where there is no way back */
  word?: string
  wordLabel?: ReactNode
  danger?: boolean
  className?: string
  k?: 'main' | 'bad' | 'quiet'
  disabled?: boolean
  icon?: ReactNode
  /** when it asks: what the question tells is read then */
  asked?: () => void
  /** it makes sense to go on */
  ready?: boolean
  children: ReactNode
}
/** A button that asks whether one is sure, and says what it does. */
export function Sure({ text, verb, label, act, className = 'btn', k, disabled, icon, children, ...rest }: SureProps) {
  const [asks, ask] = useState(false)
  const { asked, ready = true, ...question } = rest
  return (
    <>
      <button
        type="button"
        className={className}
        data-k={k}
        aria-label={label}
        disabled={disabled}
        onClick={() => {
          asked?.()
          ask(true)
        }}
      >
        {icon}
        {text}
      </button>
      {asks && (
        <Confirm
          {...question}
          title={label ?? text}
          verb={verb ?? text}
          busy={act.isPending || !ready}
          act={() => act.mutate(undefined, { onSuccess: () => ask(false) })}
          close={() => ask(false)}
        >
          {children}
        </Confirm>
      )}
    </>
  )
}
