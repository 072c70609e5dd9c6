import { Component, lazy, type ReactNode, Suspense, useEffect } from 'react'
import { Route, Switch } from 'wouter'
import { useSession } from '../lib/session.ts'
import { closeStream, openStream } from '../lib/stream.ts'
import { useCommon } from '../text/common.ts'
import { Bones, Empty, Note } from '../ui/feedback.tsx'
import { Frame } from './frame.tsx'
import { ChangePassword, SignIn } from './signin.tsx'
import { useShell } from './texts.ts'

const Overview = lazy(() => import('../pages/overview/page.tsx'))
const Welcome = lazy(() => import('../pages/welcome/page.tsx'))
const Devices = lazy(() => import('../pages/devices/page.tsx'))
const Connect = lazy(() => import('../pages/connect/page.tsx'))
const Device = lazy(() => import('../pages/device/page.tsx'))
const Products = lazy(() => import('../pages/products/page.tsx'))
const Product = lazy(() => import('../pages/products/product.tsx'))
const Rules = lazy(() => import('../pages/rules/page.tsx'))
const Rule = lazy(() => import('../pages/rules/rule.tsx'))
const Applications = lazy(() => import('../pages/applications/page.tsx'))
const Application = lazy(() => import('../pages/applications/application.tsx'))
const Packets = lazy(() => import('../pages/packets/page.tsx'))
const Alerts = lazy(() => import('../pages/alerts/page.tsx'))
const System = lazy(() => import('../pages/system/page.tsx'))
const Access = lazy(() => import('../pages/access/page.tsx'))

export function App() {
  const s = useSession()
  if (s.at === 'asking') return <div className="outside" aria-busy="true" />
  if (s.at === 'out') return <SignIn />
  if (s.session.user.must_change) return <ChangePassword />
  return <Inside />
}

function Inside() {
  useEffect(() => {
    openStream()
    return closeStream
  }, [])
  return (
    <Frame>
      <Suspense fallback={<Bones rows={8} />}>
        <Switch>
          <Route path="/">{page(<Overview />)}</Route>
          <Route path="/sign-in">{page(<Overview />)}</Route>
          <Route path="/welcome">{page(<Welcome />)}</Route>
          <Route path="/devices">{page(<Devices />)}</Route>
          <Route path="/devices/connect">{page(<Connect />)}</Route>
          <Route path="/devices/:id/:tab?">{(p) => page(<Device key={p.id} id={Number(p.id)} tab={p.tab ?? 'live'} />)}</Route>
          <Route path="/products">{page(<Products />)}</Route>
          <Route path="/products/:id/:tab?">{(p) => page(<Product key={p.id} id={Number(p.id)} tab={p.tab ?? 'model'} />)}</Route>
          <Route path="/rules">{page(<Rules />)}</Route>
          <Route path="/rules/:id/:tab?">{(p) => page(<Rule key={p.id} id={p.id} tab={p.tab ?? 'edit'} />)}</Route>
          <Route path="/applications">{page(<Applications />)}</Route>
          <Route path="/applications/:id/:tab?">
            {(p) => page(<Application key={p.id} id={Number(p.id)} tab={p.tab ?? 'deliveries'} />)}
          </Route>
          <Route path="/packets/:tab?">{(p) => page(<Packets tab={p.tab ?? 'live'} />)}</Route>
          <Route path="/alerts">{page(<Alerts />)}</Route>
          <Route path="/system/:tab?">{(p) => page(<System tab={p.tab ?? 'now'} />)}</Route>
          <Route path="/access/:tab?">{(p) => page(<Access tab={p.tab ?? 'people'} />)}</Route>
          <Route>
            <NotFound />
          </Route>
        </Switch>
      </Suspense>
    </Frame>
  )
}

const page = (of: ReactNode) => <Fence>{of}</Fence>

function NotFound() {
  const c = useCommon()
  return (
    <div className="card">
      <Empty title={c.notFound}>{c.notFoundText}</Empty>
    </div>
  )
}

/** A page that breaks takes nothing else with it. */
class Fence extends Component<{ children: ReactNode }, { broke?: Error }> {
  override state: { broke?: Error } = {}
  static getDerivedStateFromError(broke: Error): { broke: Error } {
    return { broke }
  }
  override render(): ReactNode {
    return this.state.broke ? <Broken error={this.state.broke} /> : this.props.children
  }
}

function Broken({ error }: { error: Error }) {
  const t = useShell()
  return (
    <Note
      s="bad"
      title={t.broken}
      actions={
        <button type="button" className="btn s" onClick={() => location.reload()}>
          {t.reload}
        </button>
      }
    >
      <p>{t.brokenText}</p>
      <code>{error.message}</code>
    </Note>
  )
}
