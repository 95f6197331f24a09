import { lifecycle } from './lifecycle.mjs';

lifecycle('arm_64', 'bash');
