/** The address of every page and of each of its tabs, as the console itself has them. */
import { type RouteName, routes, tabs } from '../../console/src/shell/routes.ts'

export interface Place {
  /** of its route, and of its tab where that is not the first: `device`, `device.history` */
  name: string
  path: string
}

/** `ids`: of what is looked at on pages of one thing. */
export function placesOf(ids: Partial<Record<RouteName, number>>): Place[] {
  return Object.entries(routes).flatMap(([name, route]) => {
    const id = ids[name as RouteName]
    if (route.includes(':id') && id === undefined) throw new Error(`nobody made a thing for ${route}`)
    const base = route.replace('/:tab?', '').replace(':id', String(id))
    const [, ...more] = route.includes(':tab') ? tabs[name as keyof typeof tabs] : ['']
    return [{ name, path: base }, ...more.map((tab) => ({ name: `${name}.${tab}`, path: `${base}/${tab}` }))]
  })
}
