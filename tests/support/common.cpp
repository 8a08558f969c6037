// SPDX-License-Identifier: BSL-1.0
// Nothing: the program to which the precompiled headers of all tests belong.
