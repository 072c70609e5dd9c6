/** The way in, and the first thing after it where a password was made by somebody else. */
import { type FormEvent, type ReactNode, useState } from 'react'
import { AdminProblem, api, queries } from '../lib/api.ts'
import { useFormat } from '../lib/format.ts'
import { type Lang, setLang, useLang, zone as zoneStore } from '../lib/lang.ts'
import { session, signedIn } from '../lib/session.ts'
import { useProblemText } from '../text/errors.ts'
import { Field, Seg } from '../ui/basics.tsx'
import { Note } from '../ui/feedback.tsx'
import { ChoiceField, NewPasswordField, PasswordField, TextField } from '../ui/form.tsx'
import { Mark } from './mark.tsx'
import { useShell } from './texts.ts'

function Outside({ children }: { children: ReactNode }) {
  const lang = useLang()
  const t = useShell()
  return (
    <div className="outside">
      <header className="row">
        <span className="brand">
          <Mark />
          Pando Cloud
        </span>
        <span className="push">
          <Seg<Lang>
            label={t.language}
            of={[
              [
                'en',
                <span key="en" lang="en">
                  English
                </span>,
              ],
              [
                'zh',
                <span key="zh" lang="zh-CN">
                  中文
                </span>,
              ],
            ]}
            value={lang}
            on={setLang}
          />
        </span>
      </header>
      <main id="main" className="gate">
        {children}
      </main>
      <footer>
        <a href="/docs">{t.reference}</a>
      </footer>
    </div>
  )
}

/** What is wrong with the pair, in words. */
function useRefusal(): (e: unknown) => string {
  const t = useShell()
  const f = useFormat()
  const text = useProblemText()
  return (e) => {
    if (!(e instanceof AdminProblem)) return String(e)
    const { left, retryAt } = e.problem.params
    if (e.problem.status === 429 && typeof retryAt === 'number') return t.locked(f.time(retryAt))
    if (e.problem.status === 401) return typeof left === 'number' ? t.wrong(left) : t.wrongPlain
    return text(e.problem)
  }
}

/** Also in the dialog of a session that is over: `name` is who went on working. */
export function SignInForm({ name: known, done }: { name?: string; done: (password: string) => void }) {
  const t = useShell()
  const refusal = useRefusal()
  const [name, setName] = useState(known ?? '')
  const [password, setPassword] = useState('')
  const [shown, setShown] = useState(false)
  const [wrong, setWrong] = useState<string>()
  const [busy, setBusy] = useState(false)
  const submit = async (e: FormEvent) => {
    e.preventDefault()
    setBusy(true)
    setWrong(undefined)
    try {
      const s = await api('POST /session', { body: { name, password } })
      done(password)
      signedIn(s)
    } catch (problem) {
      setWrong(refusal(problem))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form className="stack" onSubmit={(e) => void submit(e)}>
      <TextField label={t.userName} name="username" autoComplete="username" required value={name} set={setName} />
      <Field label={t.password} {...(wrong !== undefined && { error: wrong })}>
        {(p) => (
          <span className="group">
            <input
              {...p}
              className="input"
              name="password"
              type={shown ? 'text' : 'password'}
              autoComplete="current-password"
              required
              value={password}
              onChange={(e) => setPassword(e.target.value)}
            />
            <button type="button" className="btn" aria-pressed={shown} onClick={() => setShown(!shown)}>
              {shown ? t.hideIt : t.showIt}
            </button>
          </span>
        )}
      </Field>
      <button type="submit" className="btn block" data-k="main" disabled={busy}>
        {t.signIn}
      </button>
    </form>
  )
}

/** The password just typed, so that it need not be typed twice to be replaced; dropped with the next page. */
let justTyped = ''

export function SignIn() {
  const t = useShell()
  const [a, b, c, d] = t.firstStartText
  return (
    <Outside>
      <div>
        <h1 className="verdict">{t.signIn}</h1>
        <p className="t2">{t.signInTo(location.host)}</p>
      </div>
      <SignInForm done={(password) => (justTyped = password)} />
      <Note s="info" title={t.firstStart}>
        <p>
          {a}
          <code>admin</code>
          {b}
          <code>admin-password</code>
          {c}
          <code>pando user password admin</code>
          {d}
        </p>
      </Note>
    </Outside>
  )
}

const zones = (): string[] => Intl.supportedValuesOf('timeZone')

export function ChangePassword() {
  const t = useShell()
  const lang = useLang()
  const refusal = useRefusal()
  const [current, setCurrent] = useState(justTyped)
  const [password, setPassword] = useState('')
  const [zone, setZone] = useState('')
  const [wrong, setWrong] = useState<string>()
  const [busy, setBusy] = useState(false)
  const asked = justTyped === ''
  const submit = async (e: FormEvent) => {
    e.preventDefault()
    setBusy(true)
    setWrong(undefined)
    try {
      await api('PATCH /me', { body: { password, current_password: current, locale: lang === 'zh' ? 'zh-CN' : 'en', zone } })
      justTyped = ''
      zoneStore.set(zone)
      const s = await api('GET /session')
      queries.clear()
      history.replaceState(null, '', '/welcome')
      signedIn(s)
    } catch (problem) {
      const is401 = problem instanceof AdminProblem && problem.problem.status === 401
      setWrong(is401 && problem.problem.params['left'] === undefined ? t.wrongCurrent : refusal(problem))
    } finally {
      setBusy(false)
    }
  }
  const s = session.get()
  return (
    <Outside>
      <div>
        <h1 className="verdict">{t.mustChange}</h1>
        <p className="t2">{t.mustChangeText}</p>
      </div>
      <form className="stack" onSubmit={(e) => void submit(e)}>
        <input
          type="text"
          name="username"
          autoComplete="username"
          hidden
          readOnly
          value={s.at === 'in' ? s.session.user.name : ''}
        />
        {asked && <PasswordField label={t.currentPassword} value={current} set={setCurrent} />}
        <NewPasswordField label={t.newPassword} error={wrong} value={password} set={setPassword} />
        <ChoiceField
          label={t.zone}
          value={zone}
          set={setZone}
          of={[['', t.ofBrowser(Intl.DateTimeFormat().resolvedOptions().timeZone)], ...zones().map((z) => [z, z] as const)]}
        />
        <button type="submit" className="btn block" data-k="main" disabled={busy || password.length < 12}>
          {t.mustChange}
        </button>
      </form>
    </Outside>
  )
}
