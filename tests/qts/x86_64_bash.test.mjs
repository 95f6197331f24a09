import { lifecycle } from './lifecycle.mjs';

lifecycle('x86_64', 'bash');
