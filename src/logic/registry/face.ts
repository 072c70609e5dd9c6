/** The contract's methods, each with the part that does it. */
import type { Face } from '#contracts/contract.ts'
import type { registry } from '#contracts/registry.ts'
import { freezeParts, thawParts } from '#lib/frozen.ts'
import { makeAddresses } from './addresses.ts'
import { adoptDevices, adoptTokens } from './adopt/devices.ts'
import { adoptApplications, adoptProducts, adoptVendors } from './adopt/owners.ts'
import { makeAlerts } from './alerts.ts'
import { makeApplications } from './applications.ts'
import type { makeIntents } from './audit/intents.ts'
import { makeAudit } from './audit/read.ts'
import type { Context } from './context.ts'
import { makeDeadLetters } from './deadletters.ts'
import { makeDevices } from './devices.ts'
import { makeDesired } from './fleet/desired.ts'
import { detailsById } from './fleet/details.ts'
import { makeGroups } from './fleet/groups.ts'
import type { Search } from './fleet/search.ts'
import { makeTagging } from './fleet/tags.ts'
import { makeViews } from './fleet/views.ts'
import type { makeIdempotency } from './idempotency.ts'
import { makeLogin, makePresharedKey } from './login.ts'
import { makeModels } from './models.ts'
import { makeApiTokens } from './people/apitokens.ts'
import type { People } from './people/people.ts'
import { makeSessions } from './people/sessions.ts'
import { makeUsers } from './people/users.ts'
import { makeProducts } from './products.ts'
import { makeRegistration } from './registration.ts'
import { makeRules } from './rules/rules.ts'
import { makeRuleRuns } from './rules/runs.ts'
import { makeTicks } from './rules/ticks.ts'
import { makeTokens } from './tokens.ts'
import { makeVendors } from './vendors.ts'

export type RegistryFace = Face<typeof registry>

interface Made {
  search: Search
  people: People
  idempotency: ReturnType<typeof makeIdempotency>
  intents: ReturnType<typeof makeIntents>
}

const items = async <T>(list: Promise<T[]>): Promise<{ items: T[] }> => ({ items: await list })
const none = async (work: Promise<unknown>): Promise<Record<string, never>> => {
  await work
  return {}
}

export const makeFace = (ctx: Context, made: Made): RegistryFace => ({
  ...forAlerts(ctx),
  ...forDevices(ctx),
  ...forFleet(ctx, made),
  ...forProducts(ctx),
  ...forApplications(ctx),
  ...forRules(ctx),
  ...forPeople(ctx, made),
  ...forMoving(ctx),
  ...forBackups(ctx),
})

const forMoving = (ctx: Context) =>
  ({
    adoptVendors: adoptVendors(ctx),
    adoptProducts: adoptProducts(ctx),
    adoptApplications: adoptApplications(ctx),
    adoptDevices: adoptDevices(ctx),
    adoptTokens: adoptTokens(ctx),
  }) satisfies Partial<RegistryFace>

function forBackups({ store }: Context) {
  const files = [['registry', store]] as const
  return {
    freeze: async ({ by }) => ({ files: await freezeParts(files, by) }),
    thaw: (i) => none(thawParts(files, i.by)),
  } satisfies Partial<RegistryFace>
}

function forAlerts(ctx: Context) {
  const alerts = makeAlerts(ctx)
  return {
    alerts: () => items(alerts.list()),
    seeAlerts: (i) => items(alerts.see(i)),
    acknowledgeAlert: alerts.acknowledge,
    clearAlert: alerts.clear,
  } satisfies Partial<RegistryFace>
}

function forDevices(ctx: Context) {
  const tokens = makeTokens(ctx)
  const addresses = makeAddresses(ctx)
  const { lookups } = ctx
  return {
    registerDevice: makeRegistration(ctx),
    login: makeLogin(ctx),
    presharedKey: makePresharedKey(ctx),
    checkTokens: (i) => items(tokens.check(i.items)),
    deviceOfToken: (i) => tokens.owner(i.token),
    touchTokens: (i) => none(tokens.touch(i.deviceIds)),
    revokeTokens: (i) => none(tokens.revoke(i)),
    acceptReplacedToken: (i) => none(tokens.acceptReplaced(i)),
    blockAddress: addresses.block,
    addressBlocks: () => items(addresses.list()),
    devicesById: async (i) => ({ items: [...(await lookups.devicesById(i.ids)).values()] }),
    deviceByIdentifier: (i) => lookups.deviceByIdentifier(i.identifier),
    deviceByKey: (i) => lookups.deviceByKey(i.key),
  } satisfies Partial<RegistryFace>
}

function forFleet(ctx: Context, { search }: Made) {
  const [devices, tagging, groups] = [makeDevices(ctx), makeTagging(ctx), makeGroups(ctx)]
  const [desired, views] = [makeDesired(ctx), makeViews(ctx)]
  return {
    devices: (i) => items(devices.list(i)),
    deviceDetails: (i) => items(detailsById(ctx, i.ids)),
    searchDevices: search.search,
    deviceFacets: (i) => items(search.facets(i)),
    addDevice: devices.add,
    editDevice: devices.edit,
    tagDevices: tagging.tag,
    rotateSecret: devices.rotateSecret,
    deviceSecret: devices.secret,
    removeDevice: (i) => none(devices.remove(i)),
    deviceGroups: (i) => items(groups.list(i)),
    addDeviceGroup: groups.add,
    editDeviceGroup: groups.edit,
    removeDeviceGroup: (i) => none(groups.remove(i)),
    desired: (i) => items(desired.get(i.deviceIds)),
    desiredDevices: (i) => items(desired.devices(i)),
    setDesired: desired.set,
    savedViews: (i) => items(views.list(i)),
    addSavedView: views.add,
    editSavedView: views.edit,
    removeSavedView: (i) => none(views.remove(i)),
  } satisfies Partial<RegistryFace>
}

function forProducts(ctx: Context) {
  const [vendors, products, models] = [makeVendors(ctx), makeProducts(ctx), makeModels(ctx)]
  return {
    vendors: (i) => items(vendors.list(i)),
    addVendor: vendors.add,
    editVendor: vendors.edit,
    removeVendor: (i) => none(vendors.remove(i)),
    products: (i) => items(products.list(i)),
    addProduct: products.add,
    editProduct: products.edit,
    removeProduct: (i) => none(products.remove(i)),
    model: (i) => products.model(i.productId, i.version),
    modelVersions: (i) => items(models.versions(i.productId)),
    draft: (i) => models.draft(i.productId),
    putDraft: models.putDraft,
    discardDraft: (i) => none(models.discardDraft(i)),
    publish: models.publish,
    setPins: models.setPins,
  } satisfies Partial<RegistryFace>
}

function forApplications(ctx: Context) {
  const [applications, letters] = [makeApplications(ctx), makeDeadLetters(ctx)]
  return {
    applicationByKey: (i) => ctx.lookups.applicationByKey(i.key),
    applications: (i) => items(applications.list(i)),
    addApplication: applications.add,
    editApplication: applications.edit,
    removeApplication: (i) => none(applications.remove(i)),
    rotateApplicationKey: applications.rotateKey,
    rotateSigningSecret: applications.rotateSecret,
    addDeadLetter: letters.add,
    deadLetters: (i) => items(letters.list(i)),
    removeDeadLetter: (i) => none(letters.remove(i.id)),
  } satisfies Partial<RegistryFace>
}

function forRules(ctx: Context) {
  const [rules, ticks, runs] = [makeRules(ctx), makeTicks(ctx), makeRuleRuns(ctx)]
  return {
    rules: (i) => items(rules.list(i)),
    rulesById: (i) => items(rules.byId(i.ids)),
    addRule: rules.add,
    editRule: rules.edit,
    removeRule: (i) => none(rules.remove(i)),
    ruleVersions: (i) => items(rules.versions(i.id)),
    restoreRule: rules.restore,
    claimTicks: (i) => items(ticks.claim(i)),
    finishTicks: (i) => none(ticks.finish(i)),
    lastTicks: (i) => items(ticks.last(i.ruleIds)),
    addRuleRuns: (i) => none(runs.add(i.items)),
    ruleRuns: (i) => items(runs.list(i.id, i.limit)),
  } satisfies Partial<RegistryFace>
}

function forPeople(ctx: Context, { people, idempotency, intents }: Made) {
  const [users, sessions, tokens] = [makeUsers(people), makeSessions(people), makeApiTokens(people)]
  const audit = makeAudit(ctx)
  return {
    users: (i) => items(users.list(i)),
    addUser: users.add,
    editUser: users.edit,
    removeUser: (i) => none(users.remove(i)),
    setPassword: users.setPassword,
    signIn: sessions.signIn,
    checkSession: (i) => sessions.check(i.token),
    sessions: (i) => items(sessions.list(i.userId)),
    revokeSession: (i) => none(sessions.revoke(i)),
    revokeSessions: sessions.revokeAll,
    apiTokens: (i) => items(tokens.list(i)),
    addApiToken: tokens.add,
    revokeApiToken: (i) => none(tokens.revoke(i)),
    checkApiToken: (i) => tokens.check(i.token),
    auditAppend: audit.append,
    auditBegin: intents.begin,
    auditSettle: (i) => none(intents.settle(i)),
    auditEntries: (i) => items(audit.list(i)),
    auditVerify: audit.verify,
    idempotencyBegin: idempotency.begin,
    idempotencyFinish: (i) => none(idempotency.finish(i)),
    idempotencyForget: (i) => none(idempotency.forget(i)),
  } satisfies Partial<RegistryFace>
}
