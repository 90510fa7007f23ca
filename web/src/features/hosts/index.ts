/** A look into devices: their disks as a tree, and how large a choice from them is. */
export { belowFolder, bytesOf, hostPathOf, hostPathOfBytes, isSamePath, separatorOf, textOfBytes, type HostPath } from './host-path.ts'
export { useHosts } from './host-list.ts'
export { type MeasuredScope } from './follow-measurement.ts'
export { useMeasuredScope } from './measure-scope.ts'
export { type BoxState } from './box-state.ts'
export { default as HostTree } from './HostTree.vue'
