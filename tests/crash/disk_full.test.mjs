// The volume of the chains runs full under every kind of job (world.mjs).
import { fill } from '../lib/files.mjs';
import { diskSuite } from './world.mjs';

diskSuite('full volume', 'f', (world) => fill(world.volume));
