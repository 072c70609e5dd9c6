/** Saved views of the fleet: a name for a filter. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { byWhom, guarded, Id, list, None, Page, Revision, Text, Time } from './common.ts'

const content = {
  name: Text,
  /** as it is typed */
  filter: Text,
  sort: Text,
  columns: Type.Array(Text),
}

export const SavedView = Type.Object({
  id: Id,
  ...content,
  createdBy: Text,
  revision: Revision,
  createdAt: Time,
  updatedAt: Time,
})
export type SavedView = Static<typeof SavedView>

export const viewMethods = {
  savedViews: method(Page, list(SavedView), { retry: true }),
  addSavedView: method(
    Type.Object({
      name: Text,
      filter: Text,
      sort: Type.Optional(Text),
      columns: Type.Optional(Type.Array(Text)),
      ...byWhom,
    }),
    SavedView,
  ),
  editSavedView: method(
    Type.Object({
      id: Id,
      name: Type.Optional(Text),
      filter: Type.Optional(Text),
      sort: Type.Optional(Text),
      columns: Type.Optional(Type.Array(Text)),
      ...guarded,
    }),
    SavedView,
  ),
  removeSavedView: method(Type.Object({ id: Id, ...guarded }), None),
}
