export { createHosts, type Hosts } from './create-hosts.ts'
