// Import first: CI switches colours on where no terminal is, when the module for colours is loaded.
process.env['NO_COLOR'] = '1';

export {};
