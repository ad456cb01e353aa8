/* SPDX-License-Identifier: BSD-2-Clause */
/* See aead_vectors.h. */
#include "tests/unit/kernel/aead_vectors.h"
#include "kernel/base/mem.h"

enum { TEXT_MAX = 320 };

static const struct {
	const char *name;
	enum aead_algorithm algorithm;
	const char *key, *nonce, *beside, *text, *sealed, *tag;
} vectors[] = {
	{ "The Galois/Counter Mode of Operation, test case 1", AEAD_AES_GCM, "00000000000000000000000000000000",
	  "000000000000000000000000", "", "", "", "58e2fccefa7e3061367f1d57a4e7455a" },
	{ "The Galois/Counter Mode of Operation, test case 2", AEAD_AES_GCM, "00000000000000000000000000000000",
	  "000000000000000000000000", "", "00000000000000000000000000000000", "0388dace60b6a392f328c2b971b2fe78",
	  "ab6e47d42cec13bdf53a67b21257bddf" },
	{ "The Galois/Counter Mode of Operation, test case 3", AEAD_AES_GCM, "feffe9928665731c6d6a8f9467308308",
	  "cafebabefacedbaddecaf888", "",

	  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
	  "b16aedf5aa0de657ba637b391aafd255",

	  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
	  "1ba30b396a0aac973d58e091473f5985",
	  "4d5c2af327cd64a62cf35abd2ba6fab4" },
	{ "The Galois/Counter Mode of Operation, test case 4", AEAD_AES_GCM, "feffe9928665731c6d6a8f9467308308",
	  "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",

	  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
	  "b16aedf5aa0de657ba637b39",

	  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
	  "1ba30b396a0aac973d58e091",
	  "5bc94fbc3221a5db94fae95ae7121a47" },
	{ "NIST CAVP, gcmEncryptExtIV128, PTlen 128, AADlen 0, count 0", AEAD_AES_GCM,
	  "7fddb57453c241d03efbed3ac44e371c", "ee283a3fc75575e33efd4887", "", "d5de42b461646c255c87bd2962d3b9a2",
	  "2ccda4a5415cb91e135c2a0f78c9b2fd", "b36d1df9b9d5e596f83e8b7f52971cb3" },
	{ "RFC 8439, 2.8.2", AEAD_CHACHA, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
	  "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",

	  "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20496620492063"
	  "6f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
	  "637265656e20776f756c642062652069742e",

	  "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
	  "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
	  "3ff4def08e4b7a9de576d26586cec64b6116",
	  "1ae10b594f09e26a7e902ecbd0600691" },
	{ "RFC 8439, A.5", AEAD_CHACHA, "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0",
	  "000000000102030405060708", "f33388860000000000004e91",

	  "496e7465726e65742d4472616674732061726520647261667420646f63756d656e74732076616c696420666f72206120"
	  "6d6178696d756d206f6620736978206d6f6e74687320616e64206d617920626520757064617465642c207265706c6163"
	  "65642c206f72206f62736f6c65746564206279206f7468657220646f63756d656e747320617420616e792074696d652e"
	  "20497420697320696e617070726f70726961746520746f2075736520496e7465726e65742d4472616674732061732072"
	  "65666572656e6365206d6174657269616c206f7220746f2063697465207468656d206f74686572207468616e20617320"
	  "2fe2809c776f726b20696e2070726f67726573732e2fe2809d",

	  "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0"
	  "bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855"
	  "9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cde7a4e9"
	  "9040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a"
	  "0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a1049e617d91d361094fa68f0ff77987130"
	  "305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709b",
	  "eead9d67890cbb22392336fea1851f38" },
};

/* With the keys of the third and of the last but one, the nonce of the third. */
static const struct {
	const char *key, *sealed, *tag;
} pages[AEAD_ALGORITHMS] = {
	[AEAD_AES_GCM] = { "feffe9928665731c6d6a8f9467308308", "9bb626f5c5db4487", "56bdce7eeb853527d1157d85426f17e5" },
	[AEAD_CHACHA] = { "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "a71e26712252db58",
			  "6cda7647983782749c0ac5b8b5c8fed2" },
};

static unsigned digit(char c) { return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10); }

static size_t from_hex(const char *hex, uint8_t *bytes)
{
	size_t n = 0;

	for (; hex[2 * n] != 0; n++)
		bytes[n] = (uint8_t)(digit(hex[2 * n]) << 4 | digit(hex[2 * n + 1]));
	return n;
}

static bool is_hex(const uint8_t *bytes, const char *hex)
{
	for (size_t n = 0; hex[2 * n] != 0; n++)
		if (bytes[n] != (digit(hex[2 * n]) << 4 | digit(hex[2 * n + 1])))
			return false;
	return true;
}

void aead_vectors_fill(uint8_t page[PAGE_BYTES])
{
	for (unsigned i = 0; i < PAGE_BYTES; i++)
		page[i] = (uint8_t)((i * i + 3 * i) ^ (i >> 8));
}

static bool page_is_right(struct aead *a, enum aead_algorithm algorithm)
{
	static uint8_t page[PAGE_BYTES], before[PAGE_BYTES];
	uint8_t key[AEAD_KEY_BYTES] = { 0 }, nonce[AEAD_NONCE_BYTES], tag[AEAD_TAG_BYTES];
	struct aead_message m = { nonce, page, PAGE_BYTES, NULL, 0 };

	aead_vectors_fill(page);
	aead_vectors_fill(before);
	from_hex(pages[algorithm].key, key);
	from_hex(vectors[2].nonce, nonce);
	aead_init(a, algorithm, key);
	aead_seal(a, &m, tag);
	return is_hex(page, pages[algorithm].sealed) && is_hex(tag, pages[algorithm].tag) && aead_open(a, &m, tag) &&
	       memcmp(page, before, PAGE_BYTES) == 0;
}

static bool is_right(struct aead *a, unsigned i)
{
	uint8_t key[AEAD_KEY_BYTES] = { 0 }, nonce[AEAD_NONCE_BYTES], tag[AEAD_TAG_BYTES], beside[TEXT_MAX],
		text[TEXT_MAX];
	struct aead_message m = { nonce, text, from_hex(vectors[i].text, text), beside,
				  from_hex(vectors[i].beside, beside) };

	from_hex(vectors[i].key, key);
	from_hex(vectors[i].nonce, nonce);
	aead_init(a, vectors[i].algorithm, key);
	aead_seal(a, &m, tag);
	return is_hex(text, vectors[i].sealed) && is_hex(tag, vectors[i].tag) && aead_open(a, &m, tag) &&
	       is_hex(text, vectors[i].text);
}

unsigned aead_vectors_count(enum aead_algorithm algorithm)
{
	unsigned count = 1;

	for (unsigned i = 0; i < array_length(vectors); i++)
		count += vectors[i].algorithm == algorithm;
	return count;
}

const char *aead_vectors_wrong(struct aead *a, enum aead_algorithm algorithm)
{
	for (unsigned i = 0; i < array_length(vectors); i++)
		if (vectors[i].algorithm == algorithm && !is_right(a, i))
			return vectors[i].name;
	return page_is_right(a, algorithm) ? NULL : "a page";
}
