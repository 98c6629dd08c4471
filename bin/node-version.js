/** What `engines` in package.json asks for. */
const NODE_MIN = [22, 22];
export const NODE_MIN_TEXT = NODE_MIN.join('.');

/**
 * Whether a Node of this version can run TrackFlow.
 * @param {string} version `process.versions.node`
 */
export function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
}
