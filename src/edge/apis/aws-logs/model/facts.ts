// Made by scripts/aws-model.ts from AWS's own service model; do not edit.
/** {@link AwsModel} as JSON, which is parsed when it is first needed. */
export const FACTS: string = String.raw`{"operations":{
"DescribeLogGroups":["POST","/",200,"DescribeLogGroupsRequest"],
"DescribeLogStreams":["POST","/",200,"DescribeLogStreamsRequest"],
"FilterLogEvents":["POST","/",200,"FilterLogEventsRequest"],
"GetLogEvents":["POST","/",200,"GetLogEventsRequest"]
},"shapes":{
"DescribeLogGroupsRequest":{"type":"structure","members":{"accountIdentifiers":"AccountIds","logGroupNamePrefix":"LogGroupName","logGroupNamePattern":"LogGroupNamePattern","nextToken":"NextToken","limit":"DescribeLimit","includeLinkedAccounts":"IncludeLinkedAccounts","logGroupClass":"LogGroupClass","logGroupIdentifiers":"DescribeLogGroupsLogGroupIdentifiers"}},
"AccountIds":{"type":"list","min":0,"max":20,"member":"AccountId"},
"AccountId":{"type":"string","pattern":"^\\d{12}$","min":12,"max":12},
"LogGroupName":{"type":"string","pattern":"[\\.\\-_/#A-Za-z0-9]+","min":1,"max":512},
"LogGroupNamePattern":{"type":"string","pattern":"[\\.\\-_/#A-Za-z0-9]*","min":0,"max":512},
"NextToken":{"type":"string","min":1},
"DescribeLimit":{"type":"integer","min":1,"max":50},
"IncludeLinkedAccounts":{"type":"boolean"},
"LogGroupClass":{"type":"string","enum":["STANDARD","INFREQUENT_ACCESS","DELIVERY"]},
"DescribeLogGroupsLogGroupIdentifiers":{"type":"list","min":1,"max":50,"member":"LogGroupIdentifier"},
"LogGroupIdentifier":{"type":"string","pattern":"[\\w#+=/:,.@-]*","min":1,"max":2048},
"DescribeLogStreamsRequest":{"type":"structure","members":{"logGroupName":"LogGroupName","logGroupIdentifier":"LogGroupIdentifier","logStreamNamePrefix":"LogStreamName","orderBy":"OrderBy","descending":"Descending","nextToken":"NextToken","limit":"DescribeLimit"}},
"LogStreamName":{"type":"string","pattern":"[^:*]*","min":1,"max":512},
"OrderBy":{"type":"string","enum":["LogStreamName","LastEventTime"]},
"Descending":{"type":"boolean"},
"FilterLogEventsRequest":{"type":"structure","members":{"logGroupName":"LogGroupName","logGroupIdentifier":"LogGroupIdentifier","logStreamNames":"InputLogStreamNames","logStreamNamePrefix":"LogStreamName","startTime":"Timestamp","endTime":"Timestamp","filterPattern":"FilterPattern","nextToken":"NextToken","limit":"EventsLimit","interleaved":"Interleaved","unmask":"Unmask"}},
"InputLogStreamNames":{"type":"list","min":1,"max":100,"member":"LogStreamName"},
"Timestamp":{"type":"long","min":0},
"FilterPattern":{"type":"string","min":0,"max":1024},
"EventsLimit":{"type":"integer","min":1,"max":10000},
"Interleaved":{"type":"boolean"},
"Unmask":{"type":"boolean"},
"GetLogEventsRequest":{"type":"structure","members":{"logGroupName":"LogGroupName","logGroupIdentifier":"LogGroupIdentifier","logStreamName":"LogStreamName","startTime":"Timestamp","endTime":"Timestamp","nextToken":"NextToken","limit":"EventsLimit","startFromHead":"StartFromHead","unmask":"Unmask"},"required":["logStreamName"]},
"StartFromHead":{"type":"boolean"}
}}`;
