import type { HubServices } from '../../platform/services.ts'

export type PeopleDeps = Pick<HubServices, 'database' | 'domainEvents' | 'now' | 'origin'>
