/* What the test programs share. */
#include "iomt.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(what) \
    do { \
        if (!(what)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
            exit(1); \
        } \
    } while (0)

#define TEXT(literal) (literal), sizeof(literal) - 1
#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

#define MSH(id) "MSH|^~\\&|LAB|H|||20261124080000+0100||ORU^R01^ORU_R01|" id "|P|2.5.1\r"
#define PID "PID|1||4711^^^HOSP^MR||DOE^JO\r"
#define OBR "OBR|1||F1|24323-8^panel^LN|||20261124080000+0100\r"
#define OBX "OBX|1|NM|2345-7^Glucose^LN||95|mg/dL^^UCUM|||||F\r"
#define ORU(id) MSH(id) PID OBR OBX

/* Whether a text that is no C string holds another one. */
static int holds(const void *text, size_t len, const char *part) {
    size_t i, n = strlen(part);
    for (i = 0; i + n <= len; i++) {
        if (memcmp((const char *)text + i, part, n) == 0) {
            return 1;
        }
    }
    return 0;
}
