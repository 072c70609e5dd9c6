import { Component, lazy, type ReactNode, Suspense, useEffect } from 'react'
import { Route, Switch } from 'wouter'
import { useSession } from '../lib/session.ts'
import { closeStream, openStream } from '../lib/stream.ts'
import { useCommon } from '../text/common.ts'
import { Bones, Empty, Note } from '../ui/feedback.tsx'
import { Frame } from './frame.tsx'
import { type RouteName, routes, tabs } from './routes.ts'
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
const FreshRule = lazy(() => import('../pages/rules/fresh.tsx'))
const Applications = lazy(() => import('../pages/applications/page.tsx'))
const Application = lazy(() => import('../pages/applications/application.tsx'))
const Packets = lazy(() => import('../pages/packets/page.tsx'))
const Alerts = lazy(() => import('../pages/alerts/page.tsx'))
const System = lazy(() => import('../pages/system/page.tsx'))
const Access = lazy(() => import('../pages/access/page.tsx'))

interface Params {
  id?: string
  tab?: string
}

/** With a key, one is not taken for another of its kind. */
const pages: Record<RouteName, (p: Params) => ReactNode> = {
  overview: () => <Overview />,
  'sign-in': () => <Overview />,
  welcome: () => <Welcome />,
  devices: () => <Devices />,
  connect: () => <Connect />,
  device: ({ id, tab = tabs.device[0] }) => <Device key={id} id={Number(id)} tab={tab} />,
  products: () => <Products />,
  product: ({ id, tab = tabs.product[0] }) => <Product key={id} id={Number(id)} tab={tab} />,
  rules: () => <Rules />,
  'new-rule': () => <FreshRule />,
  rule: ({ id, tab = tabs.rule[0] }) => <Rule key={id} id={Number(id)} tab={tab} />,
  applications: () => <Applications />,
  application: ({ id, tab = tabs.application[0] }) => <Application key={id} id={Number(id)} tab={tab} />,
  packets: ({ tab = tabs.packets[0] }) => <Packets tab={tab} />,
  alerts: () => <Alerts />,
  system: ({ tab = tabs.system[0] }) => <System tab={tab} />,
  access: ({ tab = tabs.access[0] }) => <Access tab={tab} />,
}

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
          {Object.entries(routes).map(([name, path]) => (
            <Route key={name} path={path}>
              {(p: Params) => <Fence>{pages[name as RouteName](p)}</Fence>}
            </Route>
          ))}
          <Route>
            <NotFound />
          </Route>
        </Switch>
      </Suspense>
    </Frame>
  )
}

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
